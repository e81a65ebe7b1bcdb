/**
 * Writes rounds to a compacted topic, each a transaction that gives thirty keys the round's number, and tells its parent
 * which it has committed. Every third round is written and aborted first.
 */
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { createCompacted, entry } from './compacted.ts'

const [folder, first] = process.argv.slice(2) as [string, string]
const log = await openEmbeddedLog(folder, { compaction: { minRecords: 60, maxKeys: 40, stepBytes: 4_000 } })
await createCompacted(log)
const session = await log.openTransactionalProducer({ transactionalId: 'task' })
const records = (value: string) => Array.from({ length: 30 }, (_, key) => entry(`key ${key}`, value))

for (let round = Number(first); ; round++) {
  if (round % 3 === 0) {
    await session.send(records('aborted'))
    await session.abort()
  }
  for (const record of records(String(round))) await session.send([record])
  await session.commit()
  process.send!(round)
}
