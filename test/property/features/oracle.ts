import type { AggregateValue } from '../../../src/operators/features/definition.ts'
import { fsum } from '../../support/oracle/fsum.ts'
import type { FeatureShape, TraceEvent } from './shapes.ts'

interface Known extends TraceEvent {
  readonly offset: number
}

/** Features by their definition: at each event all earlier ones are looked at, and sums follow Shewchuk's algorithm. */
export class FeatureOracle {
  readonly #features: readonly FeatureShape[]
  readonly #known: Known[] = []

  constructor(features: readonly FeatureShape[]) {
    this.#features = features
  }

  /** `event` is not late; it contributes unless it is a reader. */
  apply(event: TraceEvent, offset: number): Record<string, AggregateValue> {
    const values: Record<string, AggregateValue> = {}
    const arriving = { ...event, offset }
    if (event.by !== undefined) {
      for (const feature of this.#features) {
        const value = this.#valueOf(feature, arriving)
        if (value !== undefined && (typeof value !== 'number' || Number.isFinite(value))) values[feature.name] = value
      }
    }
    if (event.type === 'p') this.#known.push(arriving)
    return values
  }

  #valueOf({ agg, field, fromMs, toMs, include }: FeatureShape, event: Known): AggregateValue | undefined {
    const counted = event.type === 'p' && include === 'current' && toMs === 0 ? [...this.#known, event] : this.#known
    const window = counted
      .filter((one) => one.key === event.key && one.by === event.by)
      .filter((one) => one.timeMs >= event.timeMs - fromMs && one.timeMs <= event.timeMs - toMs)
      .sort((a, b) => a.timeMs - b.timeMs || a.offset - b.offset)
    if (agg === 'count' && field === undefined) return window.length
    const values = window.map((one) => one[field!]).filter((value) => value !== undefined)
    if (agg === 'count') return values.length
    if (agg === 'distinct')
      return values.filter((one, at) => !Number.isNaN(one) && !values.slice(0, at).some((other) => other === one))
        .length
    if (agg === 'first') return plain(values[0])
    if (agg === 'last') return plain(values.at(-1))
    const numbers = values as number[]
    if (agg === 'sum') return fsum(numbers)
    if (numbers.length === 0) return undefined
    if (numbers.some(Number.isNaN)) return undefined
    if (agg === 'min') return plain(numbers.reduce((a, b) => (a < b ? a : b)))
    if (agg === 'max') return plain(numbers.reduce((a, b) => (a > b ? a : b)))
    return agg === 'avg' || !numbers.every(Number.isFinite) ? fsum(numbers) / numbers.length : deviation(numbers)
  }
}

const plain = (value: AggregateValue | undefined) => (value === 0 ? 0 : value === '\ud800' ? '\ufffd' : value)

/** From fractions of whole numbers, as near as two doubles tell: the root of a variance rounded once. */
function deviation(values: readonly number[]): number {
  const step = 2n ** 1074n
  const whole = values.map((value) => wholeSteps(value))
  const n = BigInt(values.length)
  const sum = whole.reduce((a, b) => a + b, 0n)
  const squares = whole.reduce((a, b) => a + b * b, 0n)
  return Math.sqrt(nearest(n * squares - sum * sum, n * n * step * step))
}

/** The value in steps of 2^-1074. */
function wholeSteps(value: number): bigint {
  let scaled = value
  let halvings = 0
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    halvings++
  }
  return BigInt(scaled) * 2n ** BigInt(1074 - halvings)
}

/** The double nearest to a fraction, found by comparing with its neighbours' middles. */
export function nearest(numerator: bigint, denominator: bigint): number {
  let low = 0n
  let high = doubleBits(Number.MAX_VALUE) + 1n
  const below = (bits: bigint) => wholeSteps(bitsDouble(bits)) * denominator <= numerator * 2n ** 1074n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (below(middle)) low = middle
    else high = middle
  }
  const [a, b] = [
    wholeSteps(bitsDouble(low)),
    wholeSteps(bitsDouble(low + 1n) === Infinity ? Number.MAX_VALUE : bitsDouble(low + 1n)),
  ]
  const twice = 2n * numerator * 2n ** 1074n
  const middle = (a + b) * denominator
  if (twice === middle) return bitsDouble(low % 2n === 0n ? low : low + 1n)
  return bitsDouble(twice < middle ? low : low + 1n)
}

const view = new DataView(new ArrayBuffer(8))
function doubleBits(value: number): bigint {
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}
function bitsDouble(bits: bigint): number {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}
