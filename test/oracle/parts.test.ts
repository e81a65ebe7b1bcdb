import { describe, expect, it } from 'vitest'
import { oracleCanonicalJson } from '../support/oracle/canonical.ts'
import { OracleFields, print } from '../support/oracle/fields.ts'
import { oracleKm, oracleMiles } from '../support/oracle/geo.ts'
import { oracleMurmur2 } from '../support/oracle/murmur2.ts'

describe("the oracle's parts", () => {
  // From the tests of Kafka's Java client (UtilsTest).
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hash %s as Kafka does', (text, hash) => {
    expect(oracleMurmur2(new TextEncoder().encode(text))).toBe(hash)
  })

  it('measure a degree of the meridian, a quarter of the equator and half the Earth', () => {
    const degreeKm = (6371.0088 * Math.PI) / 180
    expect(oracleKm({ lat: 10, lon: 20 }, { lat: 11, lon: 20 })).toBeCloseTo(degreeKm, 9)
    expect(oracleKm({ lat: 0, lon: 0 }, { lat: 0, lon: 90 })).toBeCloseTo(90 * degreeKm, 9)
    expect(oracleKm({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(180 * degreeKm, 9)
    expect(oracleMiles({ lat: 0, lon: 0 }, { lat: 0, lon: 90 })).toBeCloseTo((90 * degreeKm) / 1.609344, 9)
    expect(oracleKm({ lat: 51.5, lon: -0.12 }, { lat: 51.5, lon: -0.12 })).toBe(0)
  })

  it('write JSON as RFC 8785 says', () => {
    expect(oracleCanonicalJson({ b: [1e21, 1e-7, -0, 4.5, 1e20], a: { '€': '"\u0007\n', '\r': null, 1: true } })).toBe(
      '{"a":{"\\r":null,"1":true,"€":"\\"\\u0007\\n"},"b":[1e+21,1e-7,0,4.5,100000000000000000000]}',
    )
  })

  it.each([
    [1.5, '1.5'],
    [2, '2'],
    [0.125, '0.13'],
    [-0.125, '-0.13'],
    [-0.001, '0'],
    [212.4499, '212.45'],
    [100, '100'],
  ])('print %s in a reason as %s', (value, text) => {
    expect(print(() => value)).toBe(text)
  })

  it('print what is absent as a question mark', () => {
    expect(print(() => new OracleFields({ amount: 'double' }, {}).number('amount'))).toBe('?')
  })

  it('take only finite numbers that a double holds, and places on Earth', () => {
    const misfits = (payload: Readonly<Record<string, unknown>>) =>
      new OracleFields({ amount: 'double', geo: 'geo' }, payload).misfits
    expect(misfits({ amount: 2 ** 53, geo: { lat: -90, lon: 180 } })).toEqual([])
    expect(misfits({ amount: null, geo: undefined })).toEqual([])
    expect(misfits({ amount: 2 ** 53 + 2, geo: { lat: 90.1, lon: 0 } })).toEqual(['amount', 'geo'])
    expect(misfits({ amount: true, geo: { lat: 1, lon: null } })).toEqual(['amount', 'geo'])
  })
})
