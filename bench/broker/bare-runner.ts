/** Consume, parse, write a decision, commit: the least that any program on Weir's Kafka client does. No state, no rule. */
import { once } from 'node:events'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { eventHeaders } from '../../src/record/headers.ts'
import type { LogRecord, OutgoingRecord } from '../../src/record/record.ts'
import { type Committer, openCommitter } from '../../src/task/committer.ts'
import { OwnOutput } from '../../src/task/own-output.ts'
import { systemClock } from '../../src/time/clock.ts'
import { runnerOptions } from './runner-options.ts'

const { brokers, topic, applicationId, guarantee, limits } = runnerOptions()
const log = await openKafkaLog({ brokers })
const committer: Committer = await openCommitter({
  log,
  groupId: applicationId,
  taskId: '0_0',
  guarantee,
  transactionTimeoutMs: 10_000,
})
const reader = await log.openReader({
  topic,
  partition: 0,
  offset: 0,
  isolation: 'read-committed',
  maxBytes: limits.maxBytes,
})
const card = Buffer.from('card.authorised')
const decidedAt = { 'decided-at': Buffer.from('') }

function decide({ headers, offset, key, value }: LogRecord): OutgoingRecord | undefined {
  if (!headers['type']?.equals(card)) return undefined
  const { cardId } = JSON.parse(value!.toString())
  const timeMs = Number(headers['time']!.toString('latin1'))
  const id = `d:0:${offset}`
  const event = `{"id":"${headers['id']!.toString()}","offset":${offset},"partition":0,"time":${timeMs},"type":"card.authorised"}`
  const json = `{"absent":[],"decisionId":"${id}","event":${event},"failed":[],"features":{},"fired":[],"key":"${cardId}","outcome":"allow","rows":[],"score":0}`
  decidedAt['decided-at'] = Buffer.from(String(systemClock.nowMs()))
  const decided = eventHeaders({ kind: 'decision', type: 'risk.decision', id, timeMs })
  return { topic, partition: 0, key, value: Buffer.from(json), headers: { ...decided, ...decidedAt }, isOutput: true }
}

let ending = false
void once(process, 'SIGTERM').then(() => {
  ending = true
})
let saidFirst = false
let onTheWay: Promise<unknown> = Promise.resolve()
let outgoing: OutgoingRecord[] = []
const own = new OwnOutput({ topic, partition: 0 })
while (!ending) {
  for (const span of own.take()) reader.leaveOut?.(span)
  const { records, nextOffset, hasMore } = await reader.poll(limits.maxWaitMs)
  if (!saidFirst && records.length > 0) {
    saidFirst = true
    process.stdout.write('FIRST\n')
  }
  for (const record of records) {
    const decision = decide(record)
    if (decision !== undefined) outgoing.push(decision)
  }
  // What was read together is committed together, as Weir does it.
  if (outgoing.length === 0 || (hasMore === true && outgoing.length < limits.maxRecords)) continue
  const batch = outgoing
  outgoing = []
  await onTheWay
  onTheWay = committer
    .commit(batch, [{ topic, partition: 0, offset: nextOffset, metadata: '' }])
    .then((offsets) => own.written(batch, offsets))
}
await onTheWay
await log.close()
