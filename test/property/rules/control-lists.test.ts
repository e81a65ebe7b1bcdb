import fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventHeaders } from '../../../src/record/ingress.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { unsigned } from '../../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { ReplayTask } from '../../../src/task/replay-task.ts'
import { runs } from '../record/runs.ts'

const minute = 60_000
const graceMs = 5 * minute
const withinMs = 10 * minute

const text = `
version: 1
options: {grace: 5m, onLate: none}
events:
  paid: {text: string, number: double, flag: bool}
lists:
  blocked: {from: control}
features:
  listed: {event: paid, where: "inList('blocked', e.text)", agg: count, window: 10m}
rules:
- {id: count, event: paid, when: f.listed >= 2, then: {outcome: review, score: 1}}
- {id: text, event: paid, when: "inList('blocked', e.text)", then: {outcome: review, score: 1}}
- {id: number, event: paid, when: "inList('blocked', e.number)", then: {outcome: review, score: 1}}
- {id: flag, event: paid, when: "inList('blocked', e.flag)", then: {outcome: review, score: 1}}
- id: pair
  sequence:
    within: 10m
    steps:
    - a: paid
      where: inList('blocked', a.text)
    - b: paid
  then: {outcome: review, score: 1}
`

type Item = string | number | boolean
interface Change {
  readonly kind: 'change'
  readonly list: string
  readonly op: 'add' | 'remove' | 'set'
  readonly items: readonly Item[]
  readonly ttlMinutes: number | undefined
}
interface Paid {
  readonly kind: 'paid'
  readonly text: string
  readonly number: number
  readonly flag: boolean
}
interface Placed {
  readonly what: Change | Paid
  /** Since the start; log order is another. */
  readonly timeMs: number
  /** The batch ends here, or the task closes and opens its state again. */
  readonly after: 'go on' | 'next batch' | 'restart'
}

const texts = ['1', 'true', 'x', '']
const numbers = [0, 1]
const items = fc.array(fc.constantFrom<Item>(...texts, ...numbers, true, false), { maxLength: 4 })
const ttlMinutes = fc.option(fc.nat({ max: 40 }), { nil: undefined })
const change = fc
  .record({
    kind: fc.constant('change' as const),
    list: fc.constantFrom('blocked', 'blocked', 'blocked', 'other'),
    op: fc.constantFrom('add', 'add', 'remove', 'set'),
    items,
    ttlMinutes,
  })
  .map((each): Change => (each.op === 'remove' ? { ...each, op: 'remove', ttlMinutes: undefined } : (each as Change)))
const paid = fc.record({
  kind: fc.constant('paid' as const),
  text: fc.constantFrom(...texts),
  number: fc.constantFrom(...numbers),
  flag: fc.boolean(),
})

const trace = fc
  .array(
    fc.record({
      what: fc.oneof({ weight: 2, arbitrary: change }, { weight: 5, arbitrary: paid }),
      stepMinutes: fc.oneof(
        { weight: 9, arbitrary: fc.nat({ max: 3 }) },
        { weight: 1, arbitrary: fc.nat({ max: 60 }) },
      ),
      jitterMs: fc.integer({ min: -6 * minute, max: minute }),
      after: fc.constantFrom('go on', 'go on', 'go on', 'next batch', 'restart'),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    let nowMs = 10 * minute
    return steps.map(({ what, stepMinutes, jitterMs, after }): Placed => {
      nowMs += stepMinutes * minute
      return { what, timeMs: nowMs + jitterMs, after: after as Placed['after'] }
    })
  })

/** Who fires at each event in time, by the contract's words alone: every change is applied anew for every question. */
function expected(placed: readonly Placed[]): Map<number, string[]> {
  const fired = new Map<number, string[]>()
  const known: { readonly timeMs: number; readonly isFirst: boolean }[] = []
  let streamTimeMs = -1
  for (const [offset, { what, timeMs }] of placed.entries()) {
    if (what.kind === 'change') continue
    streamTimeMs = Math.max(streamTimeMs, timeMs)
    if (timeMs < streamTimeMs - graceMs) continue
    const isIn = (item: Item): boolean => {
      let untilMs = -1
      for (const { what: earlier, timeMs: changedMs } of placed.slice(0, offset)) {
        if (earlier.kind !== 'change' || earlier.list !== 'blocked') continue
        const names = earlier.items.some((each) => each === item)
        if (earlier.op === 'set' || (earlier.op === 'remove' && names)) untilMs = -1
        if (earlier.op === 'remove' || !names) continue
        untilMs = earlier.ttlMinutes === undefined ? Number.POSITIVE_INFINITY : changedMs + earlier.ttlMinutes * minute
      }
      return timeMs <= untilMs
    }
    const isFirst = isIn(what.text)
    const completes = known.some((other) =>
      other.timeMs <= timeMs
        ? other.isFirst && timeMs - other.timeMs <= withinMs
        : isFirst && other.timeMs - timeMs <= withinMs,
    )
    known.push({ timeMs, isFirst })
    const listed = known.filter((each) => each.isFirst && each.timeMs <= timeMs && timeMs - each.timeMs <= withinMs)
    const rules = {
      count: listed.length >= 2,
      flag: isIn(what.flag),
      number: isIn(what.number),
      pair: completes,
      text: isFirst,
    }
    fired.set(
      offset,
      Object.entries(rules).flatMap(([rule, fires]) => (fires ? [rule] : [])),
    )
  }
  return fired
}

function recordOf({ what, timeMs }: Placed, offset: number): LogRecord {
  const { kind, ...rest } = what
  const isChange = kind === 'change'
  const { ttlMinutes: ttl, ...members } = rest as Change
  const payload = isChange ? { ...members, ...(ttl === undefined ? {} : { ttl: `${ttl}m` }) } : rest
  const type = isChange ? 'list' : 'paid'
  return {
    topic: 'main',
    partition: 0,
    offset,
    timestampMs: timeMs,
    key: isChange ? null : Buffer.from('k'),
    value: Buffer.from(JSON.stringify(payload)),
    headers: eventHeaders({ kind: isChange ? 'control' : 'business', type, id: String(offset), timeMs }),
  }
}

test('lists hold what their control records say, however the log is cut into batches', async () => {
  const topology = compileRuleSet({
    ruleSet: await loadRuleFiles([{ path: 'rules.yaml', text }]),
    ruleSetOffset: -1,
    mainTopic: 'main',
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 1 << 20,
    authenticity: unsigned('test'),
    stamp: () => ({}),
  }).subTopologies[0]!

  await fc.assert(
    fc.asyncProperty(trace, async (placed) => {
      const engine = memoryEngine()
      const open = () => ReplayTask.open({ topology, partition: 0, engine, folder: 'lists', count: () => {} })
      let task = await open()
      let batch: LogRecord[] = []
      const fired = new Map<number, string[]>()
      for (const [offset, each] of placed.entries()) {
        batch.push(recordOf(each, offset))
        if (each.after === 'go on' && offset < placed.length - 1) continue
        for (const { value } of await task.process(batch)) {
          const decision = JSON.parse(value!.toString())
          if (decision.event !== undefined)
            fired.set(
              decision.event.offset,
              decision.fired.map(({ rule }: { rule: string }) => rule),
            )
        }
        batch = []
        if (each.after !== 'restart') continue
        await task.close()
        task = await open()
      }
      await task.close()
      expect(fired).toEqual(expected(placed))
    }),
    runs(300),
  )
})
