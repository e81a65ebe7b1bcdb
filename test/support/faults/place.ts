import { connectEmbeddedLog } from '../../../src/log/embedded/connect.ts'
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, LogClient } from '../../../src/log/log.ts'

/** Where a log lies that several processes use: in a folder, which one of them owns, or behind a broker. */
export type LogPlace =
  | { readonly kind: 'embedded'; readonly folder: string }
  | { readonly kind: 'kafka'; readonly brokers: string }

/** The log, as its owner where there is one. */
export const openLogAt = (place: LogPlace): Promise<Log> =>
  place.kind === 'kafka' ? openKafkaLog({ brokers: [place.brokers] }) : openEmbeddedLog(place.folder)

/** The log beside its owner, or in the owner's absence. */
export const connectLogAt = (place: LogPlace): Promise<LogClient> =>
  place.kind === 'kafka' ? openLogAt(place) : connectEmbeddedLog(place.folder)

/** Does something with the log and lets go of it again. */
export async function withLogAt<T>(place: LogPlace, work: (log: LogClient) => Promise<T>): Promise<T> {
  const log = await connectLogAt(place)
  try {
    return await work(log)
  } finally {
    await log.close()
  }
}
