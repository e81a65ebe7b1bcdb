import { LogError } from '../../errors.ts'
import { systemClock } from '../../time/clock.ts'
import type { LogClient } from '../log.ts'
import { type EmbeddedLogOptions, openEmbeddedLog } from './owned-log.ts'
import { RemoteLog } from './remote-log.ts'
import { findSocket } from './socket-place.ts'

export interface ConnectOptions extends EmbeddedLogOptions {
  /** How long an owner that does not answer yet, or no longer, is waited for. Default 5,000. */
  readonly waitMs?: number
}

const retryMs = 20

/**
 * The log in a folder for a short visit: through its owner or, when nobody has it, as its owner.
 * @throws LogError `log-unavailable` when it has an owner that does not answer, or the folder cannot be used
 */
export async function connectEmbeddedLog(folder: string, options: ConnectOptions = {}): Promise<LogClient> {
  const { clock = systemClock, waitMs = 5_000 } = options
  const deadlineMs = clock.nowMs() + waitMs
  while (true) {
    const log = (await openUnlessOwned(folder, options)) ?? (await RemoteLog.connect(await findSocket(folder)))
    if (log !== undefined) return log
    if (clock.nowMs() >= deadlineMs) {
      throw new LogError(
        'log-unavailable',
        `the process that has the log in ${folder} does not answer: stop it, or wait`,
      )
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs))
  }
}

async function openUnlessOwned(folder: string, options: EmbeddedLogOptions): Promise<LogClient | undefined> {
  try {
    return await openEmbeddedLog(folder, options)
  } catch (error) {
    if (error instanceof LogError && error.code === 'log-owned') return undefined
    throw error
  }
}
