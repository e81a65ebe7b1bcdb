/** Records to a Kafka record batch, for decisions with headers and for changelog entries; beside it one copy of the bytes. */
import { Bench } from 'tinybench'
import { batchBytesBound, encodeBatch } from '../../src/log/kafka/batch-encoder.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { changelogRecords } from '../../src/task/changelog.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'

const count = 2_000
const decisions = Array.from(cardEvents({ events: count, cards: 1_000, seed: 1 }), (event) => outgoingOf(event, 'main'))
const logged = changelogRecords({ applicationId: 'bench', subTopology: 0, partition: 0 })
const changes = decisions.map(
  ({ key, value }): OutgoingRecord => logged({ store: 'events', key: key!, value: value!.subarray(0, 100) }),
)
const identity = { producerId: 1, producerEpoch: 0, transactional: true }
const placeOf = (records: readonly OutgoingRecord[]) => ({
  firstSequence: 0,
  nowMs: 0,
  memory: Buffer.allocUnsafe(batchBytesBound(records)),
})
let bytes = 0

const bench = new Bench({ time: 500, warmupTime: 200 })
bench.add(`${decisions.length} records with four headers`, () => {
  bytes += encodeBatch(decisions, identity, placeOf(decisions)).length
})
bench.add(`${changes.length} changelog records`, () => {
  bytes += encodeBatch(changes, identity, placeOf(changes)).length
})
bench.add('rival: one copy of keys and values', () => {
  bytes += Buffer.concat(decisions.flatMap(({ key, value }) => [key!, value!])).length
})
await bench.run()
console.table(bench.table())
if (bytes === 0) throw new Error('nothing was encoded: the benchmark measures something else')
