/**
 * Exact sums of doubles. A double is a whole number of 2^-1074, so a bigint holds any sum of them without rounding; sums can
 * be added to and subtracted from in any order, and are rounded once, when they are read (as Python's `fsum`).
 */

/** Fraction bits of a sum: the smallest step that holds every value. Amounts of money fit the first. */
export const scales = [64, 128, 256, 512, 1074] as const

const bytes = new DataView(new ArrayBuffer(8))
const mantissaBits = 52n
const mantissaMask = (1n << mantissaBits) - 1n
const lowestExponent = -1074

/** `value × 2^scale`, or `undefined` when that is no whole number. The value must be finite. */
export function toFixed(value: number, scale: number): bigint | undefined {
  const scaled = value * 2 ** Math.min(scale, 64)
  if (scale === 64 && Number.isFinite(scaled)) return Number.isInteger(scaled) ? BigInt(scaled) : undefined
  const { mantissa, exponent } = split(value)
  const shift = exponent + scale
  if (shift >= 0) return mantissa << BigInt(shift)
  const cut = BigInt(-shift)
  const fixed = mantissa >> cut
  return fixed << cut === mantissa ? fixed : undefined
}

/** `value = mantissa × 2^exponent`. */
function split(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  bytes.setFloat64(0, value)
  const bits = bytes.getBigUint64(0)
  const raw = Number((bits >> mantissaBits) & 0x7ffn)
  const fraction = bits & mantissaMask
  const mantissa = raw === 0 ? fraction : fraction | (1n << mantissaBits)
  return { mantissa: bits >> 63n === 1n ? -mantissa : mantissa, exponent: Math.max(raw, 1) - 1 + lowestExponent }
}

/** The double nearest to `numerator / (denominator × 2^scale)`, ties to even; infinite beyond the largest. */
export function toDouble(numerator: bigint, scale: number, denominator = 1n): number {
  if (numerator === 0n) return 0
  if (denominator === 1n && scale <= 512) {
    // Converting a bigint rounds as wanted, and a power of two changes nothing while the result is a normal number.
    const whole = Number(numerator)
    if (Number.isFinite(whole)) return whole * 2 ** -scale
  }
  const negative = numerator < 0n
  const magnitude = negative ? -numerator : numerator
  // Of the quotient's leading bits 54 or 55 are kept, fewer where doubles are subnormal, and one that says whether more follow.
  const leading = bitLength(magnitude) - bitLength(denominator) - scale
  const unit = Math.max(leading - 55, lowestExponent - 2)
  const shift = -(unit + scale)
  const dividend = shift >= 0 ? magnitude << BigInt(shift) : magnitude
  const divisor = shift >= 0 ? denominator : denominator << BigInt(-shift)
  const quotient = dividend / divisor
  const sticky = quotient * divisor === dividend ? 0n : 1n
  const rounded = roundToMultiple((quotient << 1n) | sticky, unit - 1)
  return negative ? -rounded : rounded
}

const bitLength = (value: bigint): number =>
  value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16)[0]!, 16)) + 28

/** `whole × 2^exponent` rounded once: below the smallest normal double the last bit has a fixed weight. */
function roundToMultiple(whole: bigint, exponent: number): number {
  const bits = bitLength(whole)
  const drop = Math.max(bits - 53, lowestExponent - exponent)
  if (drop <= 0) return scaleBy(Number(whole), exponent)
  const cut = BigInt(drop)
  const half = 1n << (cut - 1n)
  const kept = whole >> cut
  const rest = whole - (kept << cut)
  const up = rest > half || (rest === half && (kept & 1n) === 1n)
  return scaleBy(Number(up ? kept + 1n : kept), exponent + drop)
}

/** Multiplies by a power of two in steps that are powers of two themselves, so that nothing is rounded on the way. */
function scaleBy(value: number, exponent: number): number {
  let scaled = value
  let left = exponent
  for (; left > 1000; left -= 1000) scaled *= 2 ** 1000
  for (; left < -1000; left += 1000) scaled *= 2 ** -1000
  return scaled * 2 ** left
}
