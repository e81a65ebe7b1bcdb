import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { LogError } from '../../errors.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import type { LogClient } from '../log.ts'
import { EmbeddedLog } from './embedded-log.ts'
import type { LogLogger } from './logger.ts'
import { RemoteLog } from './remote-log.ts'
import { LogServer } from './server.ts'
import { findSocket, placeSocket, removeSocket } from './socket-place.ts'

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
