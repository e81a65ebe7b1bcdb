import { openMemoryLog } from '../../src/log/memory-log.ts'
import { ticksSuite } from '../support/ticks-suite.ts'

ticksSuite('the embedded log', async () => {
  const log = await openMemoryLog()
  return { log, mainTopic: 'main', applicationId: 'ticks', dispose: () => log.close() }
})
