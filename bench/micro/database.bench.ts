/**
 * What a batch of 2,000 events asks of the state engines: ids read, ranges read, changes written. The engines are each
 * other's rivals.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { Random } from '../../src/replay/simulator/random.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { windowKey, windowPrefix, windowRange } from '../../src/state/keys.ts'

const count = 2_000
const cards = 20_000
const random = new Random(1, 'database')
const folder = await mkdtemp(join(tmpdir(), 'card-bench-'))
const bench = new Bench({ time: 1_000, warmupTime: 200 })
const value = Buffer.alloc(100, 1)
let read = 0

const idKey = (n: number): Buffer => Buffer.from(`8:cust-${n % cards}tx-${n}`)
const prefixOf = (card: number): Buffer => windowPrefix(`slot/cust-${card}/card-${card}`)

for (const name of ['rocksdb', 'level', 'memory'] as const) {
  const db = await stateEngine(name).open(join(folder, name), ['system', 'ids', 'events'])
  let written = 0
  const write = async (): Promise<void> => {
    const changes = Array.from({ length: count }, () => {
      const n = written++
      const key = windowKey(prefixOf(random.below(cards)), n * 30, n)
      return [
        { column: 'ids', key: idKey(n), value },
        { column: 'events', key, value },
      ]
    })
    await db.write(changes.flat())
  }
  for (let n = 0; n < 50; n++) await write()
  bench.add(`${name}: ${count} ids that are new`, async () => {
    const keys = Array.from({ length: count }, () => idKey(written + random.below(1_000_000)))
    read += (await db.getMany('ids', keys)).length
  })
  bench.add(`${name}: ${count} windows of ten minutes`, async () => {
    const nowMs = written * 30
    const ranges = Array.from({ length: count }, () =>
      windowRange(prefixOf(random.below(cards)), nowMs - 600_000, nowMs),
    )
    read += (await db.getRanges('events', ranges)).length
  })
  bench.add(`${name}: ${2 * count} changes`, write)
}
await bench.run()
console.table(bench.table())
if (read === 0) throw new Error('nothing was read: the benchmark measures something else')
await rm(folder, { recursive: true, force: true })
