import type { Geo } from './value-type.ts'

/**
 * Compares strings by their UTF-8 bytes, which is the order of their code points: JavaScript's own `<` puts the
 * surrogates of astral characters before U+E000.
 */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? rank(x) - rank(y) : x - y
  }
  return a.length - b.length
}

/** Surrogates (D800–DFFF) above the rest of the basic plane (E000–FFFF). */
const rank = (unit: number): number => (unit <= 0xdfff ? unit + 0x10000 : unit)

/** Code points, as CEL counts. */
export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

/** Equality of two values of one type; NaN equals nothing. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null) return a === b
  if (Array.isArray(a)) {
    const other = b as unknown[]
    return a.length === other.length && a.every((item, index) => equal(item, other[index]))
  }
  const [x, y] = [a as Geo, b as Geo]
  return x.lat === y.lat && x.lon === y.lon
}

/**
 * Rounds to `digits` decimals (0 to 15), half away from zero, by the number's exact binary value: 2.5 is 3, -2.5 is -3,
 * and 1.005, which is a little less than its decimals say, is 1.00.
 */
export const round = (value: number, digits: number): number =>
  Math.abs(value) < 2 ** 53 ? Number(value.toFixed(digits)) + 0 : value

const earthRadiusKm = 6371.0088
const radians = Math.PI / 180

/** The great-circle distance by the haversine formula, Earth's mean radius 6371.0088 km. */
export function km(a: Geo, b: Geo): number {
  const sinLat = Math.sin(((b.lat - a.lat) * radians) / 2)
  const sinLon = Math.sin(((b.lon - a.lon) * radians) / 2)
  const h = sinLat * sinLat + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * sinLon * sinLon
  return 2 * earthRadiusKm * Math.asin(Math.sqrt(Math.min(1, h)))
}

/** One mile is 1.609344 km. */
export const miles = (a: Geo, b: Geo): number => km(a, b) / 1.609344
