import { join } from 'node:path'
import { openEmbeddedLog } from '../../src/log/embedded/open.ts'
import { resetHistorySuite } from '../support/reset-history-suite.ts'

resetHistorySuite('the embedded log', (folder) => {
  const dataDir = join(folder, 'log')
  const open = () => openEmbeddedLog(dataDir)
  return { open, flags: ['--data-dir', dataDir], mainTopic: 'main', applicationId: 'app' }
})
