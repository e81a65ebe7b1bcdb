import type { LogClient } from '../log.ts'
import type { EmbeddedLogOptions } from './folder.ts'
import { VisitingLog } from './visiting-log.ts'

/**
 * The log in a folder for a short visit: through its owner or, when nobody has it, as its owner until somebody asks for
 * it. When the owner goes, the visit goes on with the next one, or as the owner; what only reads is asked again.
 * A `send` that the owner did not answer fails with ProductionError `production-failed`: it may have happened.
 * @throws LogError `log-unavailable` when it has an owner that does not answer for `waitMs`, or the folder cannot be
 *   used; calls throw the same when no other owner is found
 */
export const connectEmbeddedLog = (folder: string, options: EmbeddedLogOptions = {}): Promise<LogClient> =>
  VisitingLog.connect(folder, options)
