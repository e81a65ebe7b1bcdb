import { describe, expect, it } from 'vitest'
import { compileFieldReader, readFields } from '../../src/rules/fields.ts'
import { fieldsOf } from './declared-scope.ts'

const read = (type: string, payload: Record<string, unknown>) => readFields(fieldsOf({ x: type }), payload)

type Row = readonly [type: string, raw: unknown, value: unknown]

const fitting: readonly Row[] = [
  ['string', '', ''],
  ['string', 'é', 'é'],
  ['double', 2.5, 2.5],
  ['double', 1e300, 1e300],
  ['double', -0, 0],
  ['int', 3, 3],
  ['int', 2 ** 53, 2 ** 53],
  ['int', -(2 ** 53), -(2 ** 53)],
  ['int', -0, 0],
  ['bool', false, false],
  ['timestamp', 1_772_359_200_000, 1_772_359_200_000],
  ['timestamp', '2026-03-01T10:00:00Z', 1_772_359_200_000],
  ['timestamp', '2026-03-01T11:00:00.0009+01:00', 1_772_359_200_000],
  ['geo', { lat: 90, lon: -180, name: 'pole' }, { lat: 90, lon: -180 }],
  ['geo', { lat: -0, lon: -0 }, { lat: 0, lon: 0 }],
  ['list<string>', ['a', ''], ['a', '']],
  ['list<int>', [], []],
  ['list<geo>', [{ lat: 1, lon: 2 }], [{ lat: 1, lon: 2 }]],
]

const wrong: readonly (readonly [type: string, raw: unknown, path: string, got: string])[] = [
  ['string', 5, 'x', 'a number'],
  ['string', {}, 'x', 'an object'],
  ['double', '5', 'x', 'a text'],
  ['double', true, 'x', 'true or false'],
  ['double', Number.POSITIVE_INFINITY, 'x', 'a number that is not finite'],
  ['double', Number.NaN, 'x', 'a number that is not finite'],
  ['int', 2.5, 'x', 'a number that is not whole'],
  ['int', 2 ** 53 + 2, 'x', 'a number that is too large'],
  ['bool', 0, 'x', 'a number'],
  ['timestamp', '1772359200000', 'x', 'a text that is no time with an offset'],
  ['timestamp', '2026-03-01T10:00:00', 'x', 'a text that is no time with an offset'],
  ['timestamp', '2026-02-30T10:00:00Z', 'x', 'a text that is no time with an offset'],
  ['timestamp', 1.5, 'x', 'a number that is not whole'],
  ['geo', [1, 2], 'x', 'a list'],
  ['geo', '1,2', 'x', 'a text'],
  ['geo', { lat: 90.1, lon: 0 }, 'x.lat', 'a number out of range'],
  ['geo', { lat: 0, lon: 180.1 }, 'x.lon', 'a number out of range'],
  ['geo', { lat: null, lon: 0 }, 'x.lat', 'null'],
  ['geo', { lat: 0 }, 'x.lon', 'nothing'],
  ['geo', { lat: '0', lon: 0 }, 'x.lat', 'a text'],
  ['list<string>', 'a', 'x', 'a text'],
  ['list<string>', ['a', null], 'x[1]', 'null'],
  ['list<int>', [1, 2, 2.5], 'x[2]', 'a number that is not whole'],
  ['list<geo>', [{ lat: 1, lon: 999 }], 'x[0].lon', 'a number out of range'],
]

describe('reading fields', () => {
  it.each(fitting)('reads %s %j', (type, raw, value) => {
    expect(read(type, { x: raw })).toEqual({ values: { x: value }, misfits: [] })
  })

  it.each(wrong)('refuses for %s %j at %s', (type, raw, path, got) => {
    const { values, misfits } = read(type, { x: raw })
    expect(values).toEqual({ x: undefined })
    expect(misfits).toMatchObject([{ path, got }])
    expect(misfits[0]?.message).toBe(`${path} should be ${misfits[0]?.expected}, found ${got}`)
  })

  it('takes null and missing for absent, and ignores what is not declared', () => {
    expect(read('string', { x: null, y: 5 })).toEqual({ values: { x: undefined }, misfits: [] })
    expect(read('geo', {})).toEqual({ values: { x: undefined }, misfits: [] })
  })

  it('gives every declared field in declared order, fitting or not', () => {
    const reader = compileFieldReader(fieldsOf({ b: 'string', a: 'double', c: 'bool' }))
    const { values, misfits } = reader({ c: 1, a: 2, extra: 3 })
    expect(Object.keys(values)).toEqual(['b', 'a', 'c'])
    expect(values).toEqual({ b: undefined, a: 2, c: undefined })
    expect(misfits.map(({ path }) => path)).toEqual(['c'])
  })

  it('reads only what the payload itself holds', () => {
    const reader = compileFieldReader(fieldsOf({ constructor: 'string', toString: 'string', hasOwnProperty: 'bool' }))
    expect(reader({}).misfits).toEqual([])
    const { values } = reader(JSON.parse('{"__proto__": {"toString": "inherited"}, "constructor": "own"}'))
    expect(values['constructor']).toBe('own')
    expect(values['toString']).toBeUndefined()
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })

  it('names no value in a misfit, which may be personal', () => {
    const { misfits } = read('int!', { x: 'Ann Smith' })
    expect(JSON.stringify(misfits)).not.toContain('Ann')
  })
})
