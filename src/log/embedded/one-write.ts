import type { OutgoingRecord } from '../../record/record.ts'
import type { LogClient } from '../log.ts'

/** `sendTogether` of a log in which what one call of a producer sends is one write. */
export async function sendAsOneWrite(
  log: Pick<LogClient, 'openProducer'>,
  records: readonly OutgoingRecord[],
): Promise<readonly number[]> {
  const producer = await log.openProducer()
  try {
    return await producer.send(records)
  } finally {
    await producer.close()
  }
}
