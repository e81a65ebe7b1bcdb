import { describe, expect, test } from 'vitest'
import { createIngress, type Ingested, readDataChange, streamTimeOf } from '../../../src/record/ingress.ts'
import { bareRecord, logRecord, noonMs } from '../log-record.ts'

const ingress = createIngress({ mapping: 'debezium', maxAheadMs: 600_000 })

const source = {
  connector: 'postgresql',
  db: 'bank',
  schema: 'public',
  table: 'customers',
  lsn: 24_023_128,
  ts_ms: noonMs,
}
const change = { op: 'u', before: null, after: { id: 'row-1', country: 'GB' }, source, ts_ms: noonMs + 40 }

const ingest = (value: unknown, key: string | null = 'cust-7'): Ingested =>
  ingress(bareRecord({ key, value: typeof value === 'string' || value === null ? value : JSON.stringify(value) }))

const headOf = (ingested: Ingested) => {
  if (ingested.verdict !== 'accepted') expect.unreachable(JSON.stringify(ingested))
  return ingested.head
}

describe('plain Debezium JSON', () => {
  test('is a data record of its table, with the source position as id', () => {
    const ingested = ingest(change)
    expect(headOf(ingested)).toEqual({
      kind: 'data',
      type: 'public.customers',
      id: '24023128:public.customers:row-1',
      timeMs: noonMs,
      key: 'cust-7',
    })
    if (ingested.verdict !== 'accepted') expect.unreachable()
    expect(readDataChange(ingested.payload)).toMatchObject({ op: 'u', after: change.after, lsn: 24_023_128n })
    expect(streamTimeOf(bareRecord({}), ingested, 0)).toBe(noonMs)
  })

  test('with a schema envelope reads the same', () => {
    const enveloped = ingest({ schema: { type: 'struct', fields: [] }, payload: change })
    expect(headOf(enveloped)).toEqual(headOf(ingest(change)))
    if (enveloped.verdict !== 'accepted') expect.unreachable()
    expect(enveloped.payload.object()).toEqual(change)
  })

  test('falls back to the time of the envelope', () => {
    expect(headOf(ingest({ ...change, source: { ...source, ts_ms: undefined } })).timeMs).toBe(noonMs + 40)
  })

  test('names a table without a schema by its database', () => {
    const mysql = {
      connector: 'mysql',
      db: 'bank',
      table: 'cards',
      file: 'bin.000003',
      pos: 154,
      row: 2,
      ts_ms: noonMs,
    }
    expect(headOf(ingest({ ...change, source: mysql }))).toMatchObject({
      type: 'bank.cards',
      id: 'bin.000003:154:2:bank.cards:row-1',
    })
  })

  test.each([
    ['SQL Server', { change_lsn: '00000027:00000ac0:0002', event_serial_no: 1 }, '00000027:00000ac0:0002:1'],
    ['Oracle', { scn: '2122185' }, '2122185:0'],
    ['no position', {}, `${noonMs}ms`],
  ])('takes the position of %s', (_, position, id) => {
    const { lsn, ...rest } = source
    expect(headOf(ingest({ ...change, source: { ...rest, ...position } })).id).toBe(`${id}:public.customers:row-1`)
  })

  test('tells rows of one position apart by their content when they have no id column', () => {
    const rows = [{ code: 1 }, { code: 2 }, { code: 1 }].map((after) => headOf(ingest({ ...change, after })).id)
    expect(rows[0]).toMatch(/^24023128:public\.customers:[0-9a-f]{16}$/)
    expect(rows[1]).not.toBe(rows[0])
    expect(rows[2]).toBe(rows[0])
  })

  test('tells rows apart by the primary key that is configured', () => {
    const keyed = createIngress({ mapping: 'debezium', maxAheadMs: 0, primaryKeyOf: () => ['bank', 'no'] })
    const value = JSON.stringify({ ...change, after: { bank: 'a,b', no: 7 } })
    expect(headOf(keyed(bareRecord({ value }))).id).toBe('24023128:public.customers:a%2Cb,7')
  })

  test('tells changes of one row apart whose position lost bits on its way through JSON', () => {
    const far = `{"op":"u","after":{"id":1,"n":N},"source":{"schema":"s","table":"t","lsn":9007199254740993,"ts_ms":1}}`
    expect(headOf(ingest(far.replace('N', '1'))).id).not.toBe(headOf(ingest(far.replace('N', '2'))).id)
  })

  test('survives numbers that JSON cannot write again', () => {
    const value = `{"op":"c","after":{"n":1e999},"source":{"schema":"s","table":"t","lsn":1,"ts_ms":1}}`
    expect(ingest(value).verdict).toBe('accepted')
  })

  test('gives way to headers, and to nothing else', () => {
    const record = logRecord({ value: JSON.stringify(change) })
    expect(headOf(ingress(record))).toMatchObject({ kind: 'business', type: 'card.authorised' })
    expect(ingress(logRecord({ headers: { id: undefined }, value: JSON.stringify(change) }))).toMatchObject({
      reason: 'missing-id',
    })
    expect(
      createIngress({ mapping: 'headers', maxAheadMs: 0 })(bareRecord({ value: JSON.stringify(change) })),
    ).toMatchObject({ reason: 'missing-kind' })
  })

  test.each([
    ['tombstones', null, 'debezium tombstone'],
    ['truncates', { ...change, op: 't', after: null }, 'debezium truncate'],
    ['logical decoding messages', { ...change, op: 'm', after: undefined }, 'debezium logical decoding message'],
  ])('ignores %s', (_, value, why) => {
    expect(ingest(value)).toEqual({ verdict: 'ignored', why })
  })

  test.each([
    ['text', 'x', 'not-json'],
    ['an array', [1], 'payload-not-object'],
    ['another object', { id: 1 }, 'missing-kind'],
    ['a change without source', { ...change, source: null }, 'missing-kind'],
    ['an unknown op', { ...change, op: 'x' }, 'invalid-change'],
    ['an update to nothing', { ...change, after: null }, 'invalid-change'],
    ['a source without table', { ...change, source: { ...source, table: '' } }, 'missing-type'],
    ['a source without schema and db', { ...change, source: { table: 't', ts_ms: 1 } }, 'missing-type'],
    ['no time', { ...change, ts_ms: null, source: { ...source, ts_ms: undefined } }, 'invalid-time'],
    ['a time as text', { ...change, source: { ...source, ts_ms: '2026-03-01T12:00:00Z' } }, 'invalid-time'],
  ])('rejects %s', (_, value, reason) => {
    expect(ingest(value)).toMatchObject({ verdict: 'rejected', reason })
  })
})

describe('the key', () => {
  test.each([
    ['plain text', 'cust-7', 'cust-7'],
    ['digits', '7', '7'],
    ['JSON text', '"cust-7"', 'cust-7'],
    ['one field', '{"customer_id":"cust-7"}', 'cust-7'],
    ['one number', '{"customer_id":7}', '7'],
    ['one field in a schema envelope', '{"schema":{"type":"struct"},"payload":{"customer_id":"cust-7"}}', 'cust-7'],
    ['bare text in a schema envelope', '{"schema":{"type":"string"},"payload":"cust-7"}', 'cust-7'],
  ])('is read from %s', (_, key, expected) => {
    expect(headOf(ingest(change, key)).key).toBe(expected)
  })

  test.each([
    ['none', null, 'missing-key'],
    ['an empty one', '', 'missing-key'],
    ['an empty field', '{"id":""}', 'missing-key'],
    ['two fields', '{"a":"1","b":"2"}', 'invalid-key'],
    ['no field', '{}', 'invalid-key'],
    ['null', '{"id":null}', 'invalid-key'],
    ['a fraction', '{"id":1.5}', 'invalid-key'],
    ['a number that lost bits', '{"id":9007199254740993}', 'invalid-key'],
    ['nested fields', '{"id":{"a":"1"}}', 'invalid-key'],
    ['half JSON', '{"id":', 'invalid-key'],
  ])('of %s is rejected', (_, key, reason) => {
    expect(ingest(change, key)).toMatchObject({ verdict: 'rejected', reason })
  })

  test('of bytes is rejected', () => {
    const record = bareRecord({ key: Buffer.from([0xff, 1]), value: JSON.stringify(change) })
    expect(ingress(record)).toMatchObject({ verdict: 'rejected', reason: 'invalid-key' })
  })
})
