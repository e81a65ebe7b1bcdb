import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { logContract } from '../../contract/log.ts'

logContract('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-'))
  // So few that compaction runs within the tests, in several steps.
  const log = await openEmbeddedLog(folder, { compaction: { minRecords: 50, maxKeys: 20, stepBytes: 500 } })
  const dispose = async () => {
    await log.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { log, another: async () => log, dispose }
})
