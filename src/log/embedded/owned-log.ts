import { type Clock, systemClock } from '../../time/clock.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { defaultWaitMs, type EmbeddedLogOptions, isOwned, openFolder, ownedError, retryMs } from './folder.ts'
import type { Methods } from './protocol.ts'
import { RemoteLog } from './remote-log.ts'
import { findSocket } from './socket-place.ts'

/**
 * Opens the log in a folder, made if need be, as its one owner, and serves other processes until it is closed. A command
 * that has the log for a visit (`connectEmbeddedLog`) gives it up and goes on as a client.
 * @throws LogError `log-owned` when another owner has it, or a visitor does not give it up in `waitMs`;
 *   `log-unavailable` when the folder cannot be used
 */
export async function openEmbeddedLog(folder: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  const { clock = systemClock, waitMs = defaultWaitMs } = options
  const deadlineMs = clock.nowMs() + waitMs
  let pid: number | undefined
  while (true) {
    try {
      return await openFolder(folder, options)
    } catch (error) {
      if (!isOwned(error)) throw error
      const answer = await askForLog(folder, clock, deadlineMs)
      pid = answer?.pid ?? pid
      if (answer?.granted === false || clock.nowMs() >= deadlineMs) throw ownedError(folder, pid, error)
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs))
  }
}

/** What the owner says to that; `undefined` when it is not there yet, no longer, or does not answer. */
async function askForLog(
  folder: string,
  clock: Clock,
  deadlineMs: number,
): Promise<Methods['handOver'][1] | undefined> {
  const owner = await RemoteLog.connect(await findSocket(folder))
  if (owner === undefined) return undefined
  const timer = clock.setTimeout(() => void owner.close(), deadlineMs - clock.nowMs())
  try {
    return await owner.call('handOver', undefined)
  } catch {
    return undefined
  } finally {
    timer.cancel()
    await owner.close()
  }
}
