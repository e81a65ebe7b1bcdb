/**
 * What a record costs the state of a task, by phase, in a steady stream of card events: one id that is nearly always new,
 * one look back over ten minutes of a card's entries, one put of each.
 * `node bench/micro/state.bench.ts [--records N] [--cards N] [--batch N] [--engine rocksdb|memory] [--cache-bytes N]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { int64Serde } from '../../src/record/serdes.ts'
import { Random } from '../../src/replay/simulator/random.ts'
import { keptEventSerde } from '../../src/rules/kept-event.ts'
import type { RiskEvent } from '../../src/rules/operators/incoming.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import type { TimestampedStoreDef, WindowStoreDef } from '../../src/state/stores.ts'
import { columnsOf, TaskState } from '../../src/state/task-state.ts'

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    cards: { type: 'string', default: '20000' },
    batch: { type: 'string', default: '2000' },
    engine: { type: 'string', default: 'rocksdb' },
    'cache-bytes': { type: 'string' },
    'gap-ms': { type: 'string', default: '6' },
  },
})
const records = Number(values.records)
const cards = Number(values.cards)
const batch = Number(values.batch)
const gapMs = Number(values['gap-ms'])
const minuteMs = 60_000
const serde = keptEventSerde(new Set(['outletId', 'geo']))
const ids: TimestampedStoreDef<number> = {
  kind: 'timestamped',
  name: 'ids',
  serde: int64Serde,
  retentionMs: 10 * minuteMs,
}
const events: WindowStoreDef<RiskEvent> = { kind: 'window', name: 'events', serde, retentionMs: 20 * minuteMs }
const stores = [ids, events]

const phases = ['prefetch', 'process', 'drain', 'sweep', 'write', 'applied'] as const
const cpuMicros = Object.fromEntries(phases.map((phase) => [phase, 0])) as Record<(typeof phases)[number], number>
async function measured<T>(phase: (typeof phases)[number], work: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  cpuMicros[phase] += user + system
  return result
}

function event(
  offset: number,
  random: Random,
): { readonly key: string; readonly idKey: string; readonly value: RiskEvent } {
  const card = random.below(cards)
  const timeMs = offset * gapMs
  const id = `tx-${offset}`
  const fields = { outletId: `o-${random.below(1000)}`, geo: { lat: random.uniform(), lon: random.uniform() } }
  return {
    key: `12:ten-minute/a8:cust-${card}7:scard-${card}`,
    idKey: `8:cust-${card}${id}`,
    value: { id, type: 'card.authorised', timeMs, fields: { ...fields, time: timeMs, id, type: 'card.authorised' } },
  }
}

const folder = await mkdtemp(join(tmpdir(), 'weir-state-bench-'))
const db = await stateEngine(values.engine as 'rocksdb' | 'memory').open(join(folder, 'task'), columnsOf(stores))
let streamTimeMs = 0
const state = TaskState.open({
  db,
  stores,
  streamTimeMs: () => streamTimeMs,
  ...(values['cache-bytes'] !== undefined && { cacheBytes: Number(values['cache-bytes']) }),
})
const [idStore, eventStore] = [state.store(ids), state.store(events)]
const random = new Random(1, 'state')
let read = 0
for (let from = 0; from < records; from += batch) {
  const arriving = Array.from({ length: batch }, (_, n) => event(from + n, random))
  await measured('prefetch', () => {
    const ask = state.prefetcher()
    for (const { key, idKey, value } of arriving) {
      ask.get(ids, idKey)
      ask.fetch(events, key, value.timeMs - 10 * minuteMs, value.timeMs)
    }
    return state.prefetch()
  })
  await measured('process', () => {
    for (const [n, { key, idKey, value }] of arriving.entries()) {
      const { timeMs } = value
      streamTimeMs = timeMs
      if (idStore.get(idKey) !== undefined) throw new Error(`${idKey} is new`)
      for (const entry of eventStore.backwardFetch(key, timeMs - 10 * minuteMs, timeMs)) {
        if (entry.value.fields['outletId'] !== value.fields['outletId']) read++
      }
      idStore.put(idKey, from + n, timeMs)
      eventStore.put(key, { timeMs, offset: from + n, value })
    }
  })
  const changes = await measured('drain', () => state.drain().changes())
  const swept = await measured('sweep', () => state.sweep(streamTimeMs))
  await measured('write', () => db.write([...swept, ...changes]))
  await measured('applied', () => state.applied())
}
await db.close()
await rm(folder, { recursive: true, force: true })
const perRecord = Object.entries(cpuMicros).map(([phase, micros]) => [phase, Number((micros / records).toFixed(2))])
const total = Number((Object.values(cpuMicros).reduce((sum, micros) => sum + micros, 0) / records).toFixed(2))
console.table([{ ...Object.fromEntries(perRecord), total, 'rows read': Number((read / records).toFixed(2)) }])
console.log(`CPU µs a record; ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB resident at the end`)
