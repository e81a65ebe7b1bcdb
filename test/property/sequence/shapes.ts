import fc from 'fast-check'
import type {
  JointCondition,
  NotDef,
  PlaceDef,
  SequenceDef,
  StepDef,
} from '../../../src/operators/sequence/definition.ts'
import { typedKey } from '../../../src/operators/sequence/typed-key.ts'
import { jsonSerde } from '../../support/json-serde.ts'

/** What an event of the traces holds; `by` and `x` may be absent. */
export interface Payload {
  readonly type: 'p' | 'q' | 'r' | 'tick'
  readonly by?: string | undefined
  readonly x?: number | undefined
  readonly y?: number | undefined
}

export interface TraceEvent extends Payload {
  readonly key: string
  readonly timeMs: number
}

export interface Comparison {
  readonly field: 'x' | 'y'
  readonly op: '==' | '!=' | '<'
  /** The earlier step that is compared with, and its field. */
  readonly step: number
  readonly other: 'x' | 'y'
}

export interface PlaceShape {
  readonly type: Payload['type']
  /** Own condition: y is at least this. */
  readonly minY: number
  readonly joint: readonly Comparison[]
}

export interface NotShape extends PlaceShape {
  readonly after: number
  readonly forMs: number | undefined
}

/** A sequence as data: the oracle reads it, and `definitionOf` makes the operator's definition of it. */
export interface Shape {
  readonly steps: readonly PlaceShape[]
  readonly nots: readonly NotShape[]
  readonly by: boolean
  readonly withinMs: number
  readonly graceMs: number
  readonly anyOrder: boolean
  readonly maxCandidates: number
  /** How the definition says it; no difference in meaning. */
  readonly indexed: boolean
  readonly shared: boolean
}

export const ownHolds = (place: PlaceShape, { type, y }: Payload): boolean =>
  type === place.type && (y ?? 0) >= place.minY

export function comparisonHolds({ field, op, other }: Comparison, own: Payload, earlier: Payload): boolean {
  const [left, right] = [own[field], earlier[other]]
  if (left === undefined || right === undefined) return false
  if (op === '==') return left === right
  return op === '!=' ? left !== right : right < left
}

export function definitionOf(shape: Shape): SequenceDef<Payload> {
  const { by, withinMs, graceMs, anyOrder, maxCandidates } = shape
  const groups = shape.indexed ? groupsOf(shape) : []
  const nots = shape.nots.map(
    (not, index): NotDef<Payload> => ({
      ...placeOf(shape, { place: not, name: `not${index}`, groups }),
      after: `s${not.after}`,
      ...(not.forMs === undefined ? {} : { forMs: not.forMs }),
    }),
  )
  return {
    name: 'shape',
    steps: shape.steps.map(
      (place, index): StepDef<Payload> => ({
        ...placeOf(shape, { place, name: `s${index}`, groups }),
        name: `s${index}`,
      }),
    ),
    ...(nots.length > 0 ? { nots } : {}),
    ...(by ? { by: ({ value }) => typedKey(value.by) } : {}),
    withinMs,
    graceMs,
    anyOrder,
    maxCandidates,
    serde: jsonSerde(),
  }
}

interface Named {
  readonly place: PlaceShape
  readonly name: string
  readonly groups: readonly Member[]
}

function placeOf(shape: Shape, { place, name, groups }: Named): PlaceDef<Payload> {
  const isIndexed = ({ op }: Comparison) => shape.indexed && op === '=='
  const where = place.joint
    .filter((comparison) => !isIndexed(comparison))
    .map(
      (comparison): JointCondition<Payload> => ({
        reads: [`s${comparison.step}`],
        test: (own, earlier) => comparisonHolds(comparison, own.value, earlier[`s${comparison.step}`]!.value),
      }),
    )
  return {
    matches: ({ value }) => ownHolds(place, value),
    where,
    index: Object.fromEntries(
      groups.flatMap(({ group, owner, field }) =>
        owner === name ? [[group, { field, read: (value: Payload) => typedKey(value[field]) }]] : [],
      ),
    ),
    ...(shape.shared ? { slot: `${place.type}${place.minY}` } : {}),
  }
}

interface Member {
  readonly group: string
  readonly owner: string
  readonly field: 'x' | 'y'
}

/** A group for each equality, as someone who looks at one condition at a time would write them. */
function groupsOf({ steps, nots }: Shape): Member[] {
  const places = [
    ...steps.map((place, at) => ({ place, name: `s${at}` })),
    ...nots.map((place, at) => ({ place, name: `not${at}` })),
  ]
  return places.flatMap(({ place, name }) =>
    place.joint.flatMap(({ field, other, op, step }, at): Member[] => {
      const group = `${name} ${at}`
      return op === '=='
        ? [
            { group, owner: name, field },
            { group, owner: `s${step}`, field: other },
          ]
        : []
    }),
  )
}

const type = fc.constantFrom<Payload['type']>('p', 'p', 'p', 'q')
const notType = fc.constantFrom<Payload['type']>('p', 'q', 'r', 'r', 'r')
const minY = fc.constantFrom(0, 0, 0, 0, 1)

const comparisons = (earlier: number): fc.Arbitrary<Comparison[]> =>
  earlier === 0
    ? fc.constant([])
    : fc.array(
        fc
          .record({
            field: fc.constantFrom<'x' | 'y'>('x', 'y'),
            op: fc.constantFrom<Comparison['op']>('==', '==', '!=', '<'),
            step: fc.nat(earlier - 1),
            otherField: fc.constantFrom(true, true, false),
          })
          .map(
            ({ otherField, ...comparison }): Comparison => ({
              ...comparison,
              other: otherField ? comparison.field : 'y',
            }),
          ),
        { maxLength: earlier === 1 ? 2 : 1 },
      )

const place = (earlier: number): fc.Arbitrary<PlaceShape> => fc.record({ type, minY, joint: comparisons(earlier) })

const not = (steps: number, trailing: boolean, withinMs: number): fc.Arbitrary<NotShape> =>
  fc.nat({ max: steps - 1 }).chain((at) => {
    const after = trailing ? steps - 1 : at
    const forMs =
      trailing || after === steps - 1
        ? fc.nat(3)
        : fc.oneof(fc.constant(undefined), fc.nat(Math.min(4, withinMs)), fc.nat(withinMs))
    return fc.record({ type: notType, minY, joint: comparisons(after + 1), after: fc.constant(after), forMs })
  })

export type Family = 'plain' | 'nots' | 'trailing' | 'any-order' | 'bounded'

export const shapes = (family: Family): fc.Arbitrary<Shape> =>
  fc
    .record({
      count: family === 'bounded' ? fc.constant(2) : fc.integer({ min: 1, max: 4 }),
      withinMs: fc.integer({ min: 0, max: 12 }),
    })
    .chain(({ count, withinMs }) =>
      fc.record({
        steps: fc.tuple(...Array.from({ length: count }, (_, at) => place(at))),
        nots: notsOf(family, count, withinMs),
        by: fc.boolean(),
        withinMs: fc.constant(withinMs),
        graceMs: fc.integer({ min: 0, max: 10 }),
        anyOrder: family === 'any-order' ? fc.constant(true) : family === 'bounded' ? fc.boolean() : fc.constant(false),
        maxCandidates: family === 'bounded' ? fc.constantFrom(1, 1, 2, 3) : fc.constant(1_000),
        indexed: fc.boolean(),
        shared: fc.boolean(),
      }),
    )

function notsOf(family: Family, steps: number, withinMs: number): fc.Arbitrary<NotShape[]> {
  if (family === 'trailing') {
    const more = fc.array(not(steps, false, withinMs), { maxLength: 1 })
    return fc
      .tuple(fc.array(not(steps, true, withinMs), { minLength: 1, maxLength: 2 }), more)
      .map(([a, b]) => [...a, ...b])
  }
  if (family !== 'nots' || steps === 1) return fc.constant([])
  const between = not(steps, false, withinMs).filter(({ after }) => after < steps - 1)
  return fc.array(between, { minLength: 1, maxLength: 3 })
}

const seldomAbsent = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 12 })

/** Times mostly rise, with equal ones, disorder and some jumps. */
export const traces = (maxLength: number): fc.Arbitrary<TraceEvent[]> =>
  fc
    .array(
      fc.record({
        event: fc.record({
          key: fc.constantFrom('k', 'k', 'k', 'k', 'l'),
          type: fc.constantFrom<Payload['type']>('p', 'p', 'p', 'p', 'q', 'q', 'r', 'tick'),
          by: seldomAbsent(fc.constantFrom('c', 'c', 'c', 'c', 'd')),
          x: seldomAbsent(fc.constantFrom(1, 1, 1, 2, 0, -0)),
          y: seldomAbsent(fc.nat(2)),
        }),
        move: fc.constantFrom(0, 0, 1, 1, 2, 4, 20),
        backMs: fc.constantFrom(0, 0, 0, 1, 3, 6, 10),
        again: fc.constantFrom(false, false, false, false, true),
      }),
      { minLength: 6, maxLength, size: 'max' },
    )
    .map((drawn) => {
      let nowMs = 100
      const trace: TraceEvent[] = []
      for (const { event, move, backMs, again } of drawn) {
        nowMs += move === 20 && trace.length % 3 > 0 ? 1 : move
        const previous = trace.at(-1)
        trace.push(again && previous !== undefined ? previous : { ...event, timeMs: nowMs - backMs })
      }
      return trace
    })
