/**
 * A visitor of a log in a process of its own: reads main from its start, telling its parent each value, and sends the
 * values that its parent tells it, each in a call of its own. A message `close` ends it.
 */
import { connectEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { at, outgoing } from './records.ts'
import type { FromVisitor, ToVisitor } from './visitors.ts'

const log = await connectEmbeddedLog(process.argv[2]!)
await log.createTopic({ topic: 'main', partitions: 1 })
const tell = (message: FromVisitor): void => void process.send!(message)
const producer = await log.openProducer()
const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })

let closing = false
const reading = (async () => {
  while (!closing) {
    const { records } = await reader.poll(500)
    for (const record of records) tell({ read: String(record.value) })
  }
})().catch((error: Error) => {
  if (!closing) tell({ failed: error.message })
})

process.on('message', async (message: ToVisitor) => {
  if (message === 'close') {
    closing = true
    await reader.close()
    await reading
    await producer.close()
    await log.close()
    process.disconnect()
    return
  }
  try {
    const [offset] = await producer.send([outgoing(message.send)])
    tell({ sent: message.send, offset: offset! })
  } catch (error) {
    tell({ failed: `${(error as Error).name}: ${(error as Error).message}` })
  }
})
tell('ready')
