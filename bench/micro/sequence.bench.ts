/**
 * What an arriving event costs a sequence, by the number of events in its window. State is in memory and already loaded:
 * this measures the operator, not the database. `node bench/micro/sequence.bench.ts`
 */
import { Bench } from 'tinybench'
import type { SequenceDef } from '../../src/operators/sequence/definition.ts'
import { evaluateSequence } from '../../src/operators/sequence/evaluator.ts'
import { typedKey } from '../../src/operators/sequence/typed-key.ts'
import type { StoreDef, StoreOf, WindowEntry, WindowRows, WindowStore } from '../../src/state/stores.ts'

interface Card {
  readonly outlet: string
}

const withinMs = 10 ** 9
const sizes = [10, 1_000, 100_000]
const base = {
  by: () => '',
  withinMs,
  graceMs: 0,
  serde: { serialize: () => Buffer.alloc(0), deserialize: () => ({ outlet: '' }) },
}
const any = () => true
const card = { matches: any, slot: 'card' }
const outlet = { outlet: { field: 'outlet', read: (value: Card) => typedKey(value.outlet) } }

const rules: Readonly<Record<string, SequenceDef<Card>>> = {
  'another outlet, found at once': {
    ...base,
    name: 'found',
    steps: [
      { name: 'a', ...card },
      { name: 'b', ...card, where: [{ test: (own, { a }) => own.value.outlet !== a!.value.outlet }] },
    ],
  },
  'looked for in vain, at most 1,000': {
    ...base,
    name: 'in-vain',
    steps: [
      { name: 'a', ...card },
      { name: 'b', ...card, where: [{ test: (own, { a }) => own.offset < a!.offset }] },
    ],
  },
  'the same outlet, by index': {
    ...base,
    name: 'index',
    steps: [
      { name: 'a', ...card, index: outlet },
      { name: 'b', ...card, index: outlet },
    ],
  },
}

/** Entries by key in time order; a look-back starts by binary search. */
class LoadedStore implements WindowStore<Card> {
  readonly #entries = new Map<string, WindowEntry<Card>[]>()
  isClosed = false

  put(key: string, entry: WindowEntry<Card>): void {
    if (this.isClosed) return
    const entries = this.#entries.get(key)
    if (entries === undefined) this.#entries.set(key, [entry])
    else entries.push(entry)
  }

  at(key: string): WindowRows<Card> {
    return {
      ask() {},
      put: (entry) => this.put(key, entry),
      fetch: () => this.fetch(),
      backwardFetch: (fromMs, toMs) => this.backwardFetch(key, fromMs, toMs),
    }
  }

  *fetch(): Generator<WindowEntry<Card>> {}

  *backwardFetch(key: string, fromMs: number, toMs: number): Generator<WindowEntry<Card>> {
    const entries = this.#entries.get(key) ?? []
    let [low, high] = [0, entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (entries[middle]!.timeMs <= toMs) low = middle + 1
      else high = middle
    }
    for (let at = low - 1; at >= 0 && entries[at]!.timeMs >= fromMs; at--) yield entries[at]!
  }
}

let matched = 0
const bench = new Bench({ time: 300, warmupTime: 100 })
for (const [name, def] of Object.entries(rules)) {
  for (const size of sizes) {
    const store = new LoadedStore()
    const task = evaluateSequence(def).open({ store: <D extends StoreDef<never>>() => store as unknown as StoreOf<D> })
    for (let at = 0; at < size; at++)
      task.process({ key: 'k', timeMs: at, offset: at, value: { outlet: `o${at % 5}` } }, at)
    store.isClosed = true
    const arriving = { key: 'k', timeMs: size, offset: size, value: { outlet: 'o1' } }
    bench.add(`${name}: ${size.toLocaleString('en')} in the window`, () => {
      if (task.process(arriving, size).match !== undefined) matched++
    })
  }
}
await bench.run()
console.table(bench.table())
if (matched === 0) throw new Error('nothing matched: the benchmark measures something else')
