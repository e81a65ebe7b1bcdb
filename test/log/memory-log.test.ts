import { openMemoryLog } from '../../src/log/memory-log.ts'
import { logContract } from '../contract/log.ts'

logContract('memory', async () => {
  const log = await openMemoryLog()
  return { log, another: async () => log, dispose: () => log.close() }
})
