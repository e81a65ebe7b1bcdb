import { join } from 'node:path'
import { StateStoreError, TaskCorruptedError } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { StateDb, StateEngine } from '../state/engine.ts'
import type { StoreDef } from '../state/stores.ts'
import { columnsOf } from '../state/task-state.ts'
import type { Clock } from '../time/clock.ts'
import { takeFolder } from './folder-registry.ts'

export interface TaskDatabaseOptions {
  readonly applicationId: string
  readonly taskId: string
  readonly stores: readonly StoreDef[]
  readonly log: Log
  readonly engine: StateEngine
  /** The folder of all tasks; this one uses `<stateDir>/<applicationId>/<taskId>`. */
  readonly stateDir: string
  readonly clock: Clock
  /** Whether the task was told to end: then nobody waits for the folder. */
  readonly stopped: () => boolean
}

export interface OpenedDatabase {
  readonly db: StateDb
  /** Closes it and gives the folder to whoever is next. */
  close(): Promise<void>
}

/** How long a task waits for its folder: a predecessor in this process may still be closing, another process ending. */
const folderWaitMs = 30_000
const lockRetryMs = 200

export const taskFolder = (applicationDir: string, taskId: string): string => join(applicationDir, taskId)

/**
 * Opens a task's database as its only user.
 * @throws TaskCorruptedError `state-corrupted` when the engine finds damage
 * @throws StateStoreError `store-locked`, `disk-full`, `store-unavailable`
 */
export async function openTaskDatabase(options: TaskDatabaseOptions): Promise<OpenedDatabase> {
  const { applicationId, taskId, stateDir, clock } = options
  const folder = taskFolder(join(stateDir, applicationId), taskId)
  const giveBack = await takeFolder(folder, folderWaitMs, clock)
  try {
    const db = await whenUnlocked(folder, options)
    return { db, close: () => db.close().finally(giveBack) }
  } catch (error) {
    giveBack()
    throw asTaskCorrupted(error)
  }
}

/** Damage that an engine finds is the task's: the state is rebuilt from the changelogs. */
export const asTaskCorrupted = (error: unknown): unknown =>
  error instanceof StateStoreError && error.code === 'store-corrupted'
    ? new TaskCorruptedError('state-corrupted', error.message, { cause: error })
    : error

async function whenUnlocked(folder: string, { engine, stores, clock, stopped }: TaskDatabaseOptions): Promise<StateDb> {
  const untilMs = clock.nowMs() + folderWaitMs
  for (;;) {
    try {
      return await engine.open(folder, columnsOf(stores))
    } catch (error) {
      const locked = error instanceof StateStoreError && error.code === 'store-locked'
      if (!locked || stopped() || clock.nowMs() >= untilMs) throw error
      await new Promise<void>((resolve) => clock.setTimeout(resolve, lockRetryMs))
    }
  }
}
