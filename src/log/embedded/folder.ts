import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { LogError } from '../../errors.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import type { CompactionLimits } from './compaction-pass.ts'
import { EmbeddedLog } from './embedded-log.ts'
import type { LogLogger } from './logger.ts'
import { LogServer } from './server.ts'
import { placeSocket, removeSocket } from './socket-place.ts'

export interface EmbeddedLogOptions {
  /** Default: the machine's. */
  readonly clock?: Clock
  readonly logger?: LogLogger
  /** How long others are waited for: to give the log up, or to answer. Default 5,000. */
  readonly waitMs?: number
  /** When topics with `cleanup.policy` `compact` are compacted, and in which steps. */
  readonly compaction?: Partial<CompactionLimits>
}

export const defaultWaitMs = 5_000
/** Between two looks at who has the log. */
export const retryMs = 20

/**
 * Opens the log in a folder, made if need be, and serves other processes until it is closed.
 * @param giveUp called when somebody asks for the log: it is to be closed then; without it the log is not given away
 * @throws LogError `log-owned` when another has it; `log-unavailable` when the folder cannot be used
 */
export async function openFolder(
  folder: string,
  { clock = systemClock, logger, compaction }: EmbeddedLogOptions,
  giveUp?: (log: EmbeddedLog) => void,
): Promise<EmbeddedLog> {
  const log = await openDatabase(folder, clock, compaction)
  try {
    const path = await placeSocket(folder)
    const server = await LogServer.listen({ log, path, clock, giveUp: giveUp && (() => giveUp(log)) })
    log.beforeClose(async () => {
      await server.close()
      await removeSocket(folder)
    })
  } catch (error) {
    // The log itself works; only `send`, `tail` and `export` have to wait until it is closed.
    logger?.warn({ folder, error }, 'the embedded log has no socket: other processes cannot use it meanwhile')
  }
  return log
}

export const isOwned = (error: unknown): boolean => error instanceof LogError && error.code === 'log-owned'

async function openDatabase(
  folder: string,
  clock: Clock,
  compaction: EmbeddedLogOptions['compaction'],
): Promise<EmbeddedLog> {
  try {
    await mkdir(folder, { recursive: true })
    // Rows are up to 32 KiB: a larger write buffer means fewer and better filled files.
    const db = new Level<Buffer, Buffer>(join(folder, 'db'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: 16 * 1024 * 1024,
    })
    return await EmbeddedLog.open(db, clock, { compaction })
  } catch (cause) {
    if (cause instanceof LogError) throw cause
    if (codeOf(cause) === 'LEVEL_LOCKED') throw ownedError(folder, undefined, cause)
    throw new LogError('log-unavailable', `the log in ${folder} cannot be opened: ${reasonOf(cause)}`, { cause })
  }
}

export function ownedError(folder: string, pid: number | undefined, cause: unknown): LogError {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new LogError('log-owned', `${who} has the log in ${folder}: stop it, or connect to it`, { cause })
}

/** What the database says lies in the cause of the error that abstract-level throws. */
const innermost = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? innermost(error.cause) : error

function codeOf(error: unknown): unknown {
  const inner = innermost(error)
  return inner instanceof Error && 'code' in inner ? inner.code : undefined
}

function reasonOf(error: unknown): string {
  const inner = innermost(error)
  return inner instanceof Error ? inner.message : String(inner)
}
