import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import type { Log } from '../../../src/log/log.ts'

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Opens the log for `use` and closes it again. */
export async function withLog<T>(folder: string, use: (log: Log) => Promise<T>): Promise<T> {
  const log = await openEmbeddedLog(folder)
  try {
    return await use(log)
  } finally {
    await log.close()
  }
}
