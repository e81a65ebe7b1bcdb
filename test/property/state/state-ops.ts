import fc from 'fast-check'
import { retentionMs } from './state-model.ts'

const { WEIR_PROPERTY_RUNS, WEIR_PROPERTY_SEED } = process.env

/** How often a property runs, and from which seed; a failure prints the seed. */
export const parameters = (usual = 200) => ({
  numRuns: Number(WEIR_PROPERTY_RUNS ?? usual),
  ...(WEIR_PROPERTY_SEED !== undefined && { seed: Number(WEIR_PROPERTY_SEED) }),
})

const key = fc.constantFrom('a', 'ab', 'é', '')
// Around and beyond the retention on both sides, negative ones too.
const timeMs = fc.integer({ min: -retentionMs, max: 4 * retentionMs })
// Mostly spans that meet: a batch asks for much and fetches parts of it.
const windowName = fc.constantFrom('a', '', 'b')
const asked = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ fromMs: -20, lengthMs: 100 }) },
  { weight: 1, arbitrary: fc.record({ fromMs: timeMs, lengthMs: fc.nat({ max: 30 }) }) },
)
/** What becomes of a write to the database while what was asked for is loaded. */
export type Meanwhile = 'nothing' | 'write' | 'end-write'
const meanwhile = fc.constantFrom<Meanwhile>('nothing', 'write', 'end-write')
const value = fc.constantFrom('', 'x', 'yy')

const op = <K extends string, T extends object>(kind: K, fields: { [P in keyof T]: fc.Arbitrary<T[P]> }) =>
  fc.record({ kind: fc.constant(kind), ...fields }) as fc.Arbitrary<{ readonly kind: K } & Readonly<T>>

const askAmounts = op('ask-amounts', { key: windowName, span: asked, meanwhile })
const putAmount = op('put-amount', { key: windowName, timeMs, offset: fc.nat({ max: 3 }), value: fc.nat({ max: 9 }) })

const reads = fc.oneof(
  op('name', { key }),
  op('seen', { key }),
  op('fetch', { key: windowName, fromMs: timeMs, lengthMs: fc.nat({ max: 20 }), backward: fc.boolean() }),
)
const writes = fc.oneof(
  op('put-name', { key, value: fc.option(value, { nil: undefined }) }),
  op('put-seen', { key, value, timeMs }),
  putAmount,
)
const asks = fc.oneof(op('ask-name', { key }), op('ask-seen', { key }), askAmounts)
const moves = fc.oneof(
  { weight: 6, arbitrary: op('drain', {}) },
  { weight: 6, arbitrary: op('write', { sweep: fc.boolean() }) },
  { weight: 3, arbitrary: op('advance', { byMs: fc.nat({ max: 6 }) }) },
  { weight: 1, arbitrary: op('discard', {}) },
  { weight: 1, arbitrary: op('reopen', {}) },
)

/** What can happen to a window store, some of it often: keys are asked for while their rows go to the database. */
export const windowOps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: putAmount },
    { weight: 4, arbitrary: askAmounts },
    { weight: 2, arbitrary: op('drain', {}) },
    { weight: 1, arbitrary: moves },
  ),
  { maxLength: 60, size: 'max' },
)

/** What can happen to a task's state, in any order. */
export const stateOps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: reads },
    { weight: 4, arbitrary: writes },
    { weight: 2, arbitrary: asks },
    { weight: 2, arbitrary: op('prefetch', {}) },
    { weight: 5, arbitrary: moves },
  ),
  { maxLength: 120, size: 'max' },
)

export type StateOp = (typeof stateOps extends fc.Arbitrary<infer O> ? O : never) extends readonly (infer E)[]
  ? E
  : never
