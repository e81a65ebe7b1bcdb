import { openMemoryLog } from '../../src/log/memory-log.ts'
import { scenarioSuite } from '../support/scenario/suite.ts'

scenarioSuite('the embedded log in memory', async () => {
  const log = await openMemoryLog()
  return { log, mainTopic: 'main', applicationId: 'scenario', dispose: () => log.close() }
})
