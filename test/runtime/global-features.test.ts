import { openMemoryLog } from '../../src/log/memory-log.ts'
import { globalSuite } from '../support/global-suite.ts'

globalSuite('the embedded log', async () => {
  const log = await openMemoryLog()
  return { log, mainTopic: 'main', applicationId: 'global', dispose: () => log.close() }
})
