/**
 * What an event costs a feature, by the number of events in its window, in order, with the window sliding. State is in memory:
 * this measures the operator, not the database. `node bench/micro/features.bench.ts`
 */
import { Bench } from 'tinybench'
import { type Aggregate, aggregates } from '../../src/operators/features/definition.ts'
import { evaluateFeatures } from '../../src/operators/features/evaluator.ts'
import type { HeldHistory, History, HistoryRequest, Prefetch, StoreDef, StoreOf } from '../../src/state/stores.ts'

const sizes = [10, 1_000, 100_000]

/** Gives out one history, and keeps nothing else: the window in memory is what is measured. */
function oneHistory(): Pick<Prefetch, 'history'> {
  let held: HeldHistory<unknown, History<unknown>> | undefined
  return {
    history: <V, H extends History<V>>({ make }: HistoryRequest<V, H>) => {
      if (held === undefined) {
        const history = make() as unknown as History<unknown>
        held = { history, put: ({ timeMs, offset, value }) => history.add(timeMs, offset, value) }
      }
      return held as unknown as HeldHistory<V, H>
    },
  }
}

function slidingTask(agg: Aggregate, size: number, every: number) {
  const value = ({ offset }: { readonly offset: number }) => (1 + ((offset * 7919) % 10_007)) / 100
  const task = evaluateFeatures<null>({
    name: agg,
    contributes: () => true,
    graceMs: size,
    features: [{ name: 'f', agg, fromMs: size - 1, ...(agg === 'count' ? {} : { value }) }],
  }).open({ store: <D extends StoreDef<never>>() => ({}) as StoreOf<D> })
  const ask = oneHistory() as Prefetch
  let offset = 0
  let sum = 0
  const step = (timeMs: number) => {
    const event = { key: 'k', timeMs, offset: offset++, value: null }
    task.prefetch(event, ask)
    const { f } = task.process(event, offset)
    sum += Number(f)
  }
  while (offset < size) step(offset)
  return {
    /** One event in order; of every so many, one that lags by a tenth of the window. */
    next: () => step(every > 0 && offset % every === 0 ? offset - Math.floor(size / 10) : offset),
    sum: () => sum,
  }
}

for (const every of [0, 10]) {
  const bench = new Bench({ time: 200, warmupTime: 100 })
  const tasks = []
  for (const agg of aggregates) {
    for (const size of sizes) {
      const task = slidingTask(agg, size, every)
      tasks.push(task)
      bench.add(`${agg} of ${size.toLocaleString('en')}`, task.next)
    }
  }
  await bench.run()
  console.log(every === 0 ? 'all in order' : `one in ${every} late by a tenth of the window`)
  console.table(bench.table())
  if (tasks.some((task) => !(task.sum() > 0)))
    throw new Error('a feature stayed at nothing: this measures something else')
}
