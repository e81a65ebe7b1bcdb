import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { LogError } from '../../errors.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import { EmbeddedLog } from './embedded-log.ts'
import type { LogLogger } from './logger.ts'
import { LogServer } from './server.ts'
import { placeSocket, removeSocket } from './socket-place.ts'

export interface EmbeddedLogOptions {
  /** Default: the machine's. */
  readonly clock?: Clock
  readonly logger?: LogLogger
}

/**
 * Opens the log in a folder, made if need be, as its one owner, and serves other processes until it is closed.
 * @throws LogError `log-owned` when another process has it; `log-unavailable` when the folder cannot be used
 */
export async function openEmbeddedLog(folder: string, options: EmbeddedLogOptions = {}): Promise<EmbeddedLog> {
  const log = await openDatabase(folder, options.clock ?? systemClock)
  try {
    const server = await LogServer.listen(log, await placeSocket(folder))
    log.beforeClose(async () => {
      await server.close()
      await removeSocket(folder)
    })
  } catch (error) {
    // The log itself works; only `send`, `tail` and `export` have to wait until it is closed.
    options.logger?.warn({ folder, error }, 'the embedded log has no socket: other processes cannot use it meanwhile')
  }
  return log
}

async function openDatabase(folder: string, clock: Clock): Promise<EmbeddedLog> {
  try {
    await mkdir(folder, { recursive: true })
    // Rows are up to 32 KiB: a larger write buffer means fewer and better filled files.
    const db = new Level<Buffer, Buffer>(join(folder, 'db'), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      writeBufferSize: 16 * 1024 * 1024,
    })
    return await EmbeddedLog.open(db, clock)
  } catch (cause) {
    if (cause instanceof LogError) throw cause
    if (codeOf(cause) === 'LEVEL_LOCKED') {
      throw new LogError('log-owned', `another process has the log in ${folder}: stop it, or connect to it`, { cause })
    }
    throw new LogError('log-unavailable', `the log in ${folder} cannot be opened: ${reasonOf(cause)}`, { cause })
  }
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
