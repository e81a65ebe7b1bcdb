import type { LogClient, Producer } from '../../log/log.ts'
import type { LogRecord, OutgoingRecord, TopicPartition } from '../../record/record.ts'
import type { SimulatedEvent } from '../../replay/simulator/event.ts'
import { Pacer } from '../pacer.ts'
import { readPartition } from '../partition-reading.ts'
import { recordOf } from '../simulated-record.ts'

/** Tells the simulator's records from whatever else somebody sends to the topic. */
export const sourceHeader = 'simulation'

export interface FeedOptions {
  readonly log: LogClient
  readonly topic: string
  readonly partitions: number
  /** The same events in the same order at each start. */
  readonly events: Iterable<SimulatedEvent>
  /** Names the simulation: one with other options starts from its beginning. */
  readonly name: string
  readonly perSecond: number
  /** Stop after so many events; without it, at the end of the simulation. */
  readonly limit?: number
  readonly signal: AbortSignal
  onSent(count: number): void
}

const longestPauseMs = 50

/**
 * Writes the events to the topic at a steady rate, from where the log says that the last start has come to: on each
 * partition it leaves out everything up to the last event of this simulation that is there. So no event is written
 * twice, and none is lost, wherever the process before ended. Resolves with how many were sent.
 */
export async function feed(options: FeedOptions): Promise<number> {
  const { log, topic, partitions, name, signal, limit = Number.POSITIVE_INFINITY } = options
  const positions = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => lastEventId(log, { topic, partition }, name, signal)),
  )
  const producer = await log.openProducer()
  try {
    const pacer = new Pacer(options.perSecond, signal)
    let sent = 0
    let batch: OutgoingRecord[] = []
    const send = async () => {
      await sendAll(producer, batch)
      sent += batch.length
      options.onSent(sent)
      batch = []
    }
    for (const record of notYetSent(options, positions)) {
      if (record === undefined) {
        await letOthersRun()
        if (signal.aborted) return sent
        continue
      }
      if (sent + batch.length >= limit) break
      batch.push(record)
      if (sent + batch.length < pacer.allowed()) continue
      await send()
      await pacer.until(Math.min(limit, sent + Math.ceil((options.perSecond * longestPauseMs) / 1_000)))
      if (signal.aborted) return sent
    }
    await send()
    return sent
  } finally {
    await producer.close()
  }
}

async function sendAll(producer: Producer, records: readonly OutgoingRecord[]): Promise<void> {
  if (records.length > 0) await producer.send(records)
}

/** Gives nothing now and then while it leaves events out, so that others get a turn. */
function* notYetSent(
  { events, topic, partitions, name }: FeedOptions,
  lastIds: (string | undefined)[],
): Generator<OutgoingRecord | undefined> {
  const header = Buffer.from(name)
  let left = 0
  for (const event of events) {
    const record = recordOf(event, topic, partitions)
    const last = lastIds[record.partition]
    if (last === undefined) {
      yield { ...record, headers: { ...record.headers, [sourceHeader]: header } }
      continue
    }
    if (last === event.id) lastIds[record.partition] = undefined
    if (++left % 1_000 === 0) yield undefined
  }
}

const letOthersRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The id of the last event of this simulation on a partition: looked for from the end, in ever longer pieces. */
async function lastEventId(
  log: LogClient,
  partition: TopicPartition,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const start = await log.startOffset(partition)
  // Not only what is committed: an open transaction of Weir's may stand before events of ours, which need none.
  const isolation = 'read-uncommitted'
  const end = await log.endOffset(partition, isolation)
  for (let span = 1_000; ; span *= 8) {
    const from = Math.max(start, end - span)
    let last: LogRecord | undefined
    await readPartition(log, partition, {
      from,
      to: end,
      signal,
      isolation,
      async onBatch({ records }) {
        last = records.findLast(({ headers }) => headers[sourceHeader]?.toString() === name) ?? last
      },
    })
    if (last !== undefined || from === start) return last?.headers.id?.toString()
  }
}
