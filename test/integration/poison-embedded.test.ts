import { openMemoryLog } from '../../src/log/memory-log.ts'
import { poisonSuite } from '../support/faults/poison-suite.ts'

poisonSuite('the embedded log', async () => {
  const log = await openMemoryLog()
  return { log, mainTopic: 'main', applicationId: 'poison', dispose: () => log.close() }
})
