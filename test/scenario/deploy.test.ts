import { openMemoryLog } from '../../src/log/memory-log.ts'
import { deploySuite } from '../support/deploy-suite.ts'

deploySuite('the embedded log in memory', async () => {
  const log = await openMemoryLog()
  return { log, another: async () => log, mainTopic: 'main', applicationId: 'app', dispose: () => log.close() }
})
