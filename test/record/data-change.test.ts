import { describe, expect, test } from 'vitest'
import { changeOf, parseLsn, readDataChange, unavailableValue } from '../../src/record/data-change.ts'
import { JsonPayload } from '../../src/record/payload.ts'

const row = { id: 'cust-7', balance: 900 }

describe('changeOf', () => {
  test.each(['c', 'u', 'r'])('reads op %s with its row', (op) => {
    expect(changeOf({ op, before: null, after: row, source: { lsn: 881 } })).toEqual({
      ok: true,
      op,
      before: null,
      after: row,
      source: { lsn: 881 },
      lsn: 881n,
      unavailable: [],
    })
  })

  test('reads a delete, with or without the row before', () => {
    expect(changeOf({ op: 'd', before: row, after: null })).toMatchObject({ ok: true, before: row, after: null })
    expect(changeOf({ op: 'd' })).toMatchObject({ ok: true, before: null, after: null })
    expect(changeOf({ op: 'd', before: row, after: row })).toMatchObject({ after: null })
  })

  test('reads a change inside a schema envelope', () => {
    expect(changeOf({ schema: {}, payload: { op: 'c', after: row } })).toMatchObject({ ok: true, after: row })
  })

  test.each([
    ['no op', { after: row }],
    ['a truncate', { op: 't' }],
    ['an op of another type', { op: 1, after: row }],
    ['a row that is none', { op: 'c', after: [row] }],
    ['a row before that is none', { op: 'u', before: 'x', after: row }],
    ['an insert of nothing', { op: 'c', after: null }],
  ])('refuses %s', (_, payload) => {
    expect(changeOf(payload)).toMatchObject({ ok: false, reason: 'invalid-change' })
  })

  test('lists the columns whose value did not change and was not sent', () => {
    const after = {
      id: 'cust-7',
      notes: unavailableValue,
      photo: Buffer.from(unavailableValue).toString('base64'),
      tags: [unavailableValue],
      extra: { [unavailableValue]: unavailableValue },
      list: [unavailableValue, 'x'],
      empty: {},
    }
    expect(changeOf({ op: 'u', after })).toMatchObject({ unavailable: ['notes', 'photo', 'tags', 'extra'] })
  })
})

test('readDataChange passes on why a payload cannot be read', () => {
  expect(readDataChange(new JsonPayload({ value: Buffer.from('x') }))).toMatchObject({ ok: false, reason: 'not-json' })
  expect(readDataChange(new JsonPayload({ value: null }))).toMatchObject({ ok: false, reason: 'payload-not-object' })
  expect(readDataChange(new JsonPayload({ value: Buffer.from('{"op":"c","after":{}}') }))).toMatchObject({
    ok: true,
    after: {},
  })
})

test.each([
  [881, 881n],
  [0, 0n],
  ['24023128', 24_023_128n],
  ['18446744073709551615', 18_446_744_073_709_551_615n],
  ['16/B374D848', 0x16_b374_d848n],
  ['0/0', 0n],
])('parseLsn reads %s', (value, lsn) => {
  expect(parseLsn(value)).toBe(lsn)
})

test.each([[-1], [1.5], [''], ['x'], ['16/'], ['1'.repeat(21)], [null], [undefined], [Infinity], [{}]])(
  'parseLsn refuses %s',
  (value) => {
    expect(parseLsn(value)).toBeUndefined()
  },
)
