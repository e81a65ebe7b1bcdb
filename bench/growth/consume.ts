/**
 * Reads a topic with kafkajs's own consumer and does nothing with it, as any program on that client must.
 * `node bench/growth/consume.ts BROKERS TOPIC RECORDS` prints how many records a second it read, from its first batch on.
 */
import { Kafka, logLevel } from 'kafkajs'

const [brokers = '', topic = '', recordsText] = process.argv.slice(2)
const records = Number(recordsText)
const consumer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).consumer({
  groupId: `${topic}-bare`,
  maxBytesPerPartition: 1 << 20,
})
const ended = Promise.withResolvers<void>()
let read = 0
let first = 0
let startedMs = 0
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  async eachBatch({ batch, resolveOffset }) {
    if (startedMs === 0) {
      startedMs = performance.now()
      first = batch.messages.length
    }
    read += batch.messages.length
    resolveOffset(batch.lastOffset())
    if (read >= records) ended.resolve()
  },
})
await ended.promise
const seconds = (performance.now() - startedMs) / 1_000
process.stdout.write(`${JSON.stringify({ perSecond: (read - first) / seconds })}\n`)
await consumer.disconnect()
