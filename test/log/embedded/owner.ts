/**
 * An owner of a log in a process of its own. Arguments: the folder, then what to do. Tells its parent when it is done
 * and waits for its end: a message closes the log.
 */
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { append, at, outgoing } from './records.ts'

const [folder, ...steps] = process.argv.slice(2) as [string, ...string[]]
const log = await openEmbeddedLog(folder)
await log.createTopic({ topic: 'main', partitions: 2 })
const session = await log.openTransactionalProducer({ transactionalId: 'task' })

for (const step of steps) {
  const [action, value = ''] = step.split(':')
  if (action === 'append') await append(log, value)
  if (action === 'send') await session.send([outgoing(value)])
  if (action === 'offset') await session.sendOffsets('group', [{ ...at, offset: Number(value), metadata: '' }])
  if (action === 'commit') await session.commit()
}
process.once('message', () => void log.close().then(() => process.disconnect()))
process.send!('ready')
