import { readdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { StateStoreError } from '../errors.ts'
import type { StateDb, StateEngine } from '../state/engine.ts'
import { takeFreeFolder } from '../task/folder-registry.ts'
import type { Clock, Timer } from '../time/clock.ts'
import type { Logger } from './logger.ts'

export interface StateCleanerOptions {
  /** The application's: one folder a task. */
  readonly dir: string
  readonly engine: StateEngine
  /** How long a folder must have been of no use. */
  readonly delayMs: number
  /** The tasks that this instance has, as owner or standby. */
  readonly inUse: () => ReadonlySet<string>
  readonly clock: Clock
  readonly logger: Logger
}

const longestPauseMs = 60_000
const taskName = /^\d+_\d+$/
const gone = '.gone'

/**
 * Deletes the state of tasks that have gone to other instances, when they have not come back within the delay. A folder that
 * anybody holds, in this process or another, stays.
 */
export class StateCleaner {
  readonly #options: StateCleanerOptions
  readonly #unusedSinceMs = new Map<string, number>()
  #timer: Timer | undefined
  #pass: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: StateCleanerOptions) {
    this.#options = options
  }

  start(): void {
    const { delayMs, clock, logger } = this.#options
    this.#pass = this.#look().catch((error) => logger.warn('old state could not be deleted', { err: error }))
    void this.#pass.then(() => {
      if (!this.#stopped) this.#timer = clock.setTimeout(() => this.start(), Math.min(delayMs, longestPauseMs))
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#pass
  }

  async #look(): Promise<void> {
    const { dir, delayMs, inUse, clock } = this.#options
    const names = entriesOf(dir)
    for (const name of names.filter((each) => each.endsWith(gone))) await removed(join(dir, name))
    const unused = names.filter((name) => taskName.test(name) && !inUse().has(name))
    for (const name of this.#unusedSinceMs.keys()) if (!unused.includes(name)) this.#unusedSinceMs.delete(name)
    for (const name of unused) {
      const sinceMs = this.#unusedSinceMs.get(name) ?? clock.nowMs()
      this.#unusedSinceMs.set(name, sinceMs)
      if (clock.nowMs() - sinceMs >= delayMs) await this.#remove(name)
    }
  }

  async #remove(name: string): Promise<void> {
    const { dir, delayMs, logger } = this.#options
    const folder = join(dir, name)
    const giveBack = takeFreeFolder(folder)
    if (giveBack === undefined) return
    try {
      const db = await this.#locked(folder)
      if (db === 'held') return
      // Renamed while its lock is held: whoever opens the task's state from now on begins a folder of his own.
      await rename(folder, folder + gone)
      await db?.close().catch(() => {})
      await removed(folder + gone)
      this.#unusedSinceMs.delete(name)
      logger.info('deleted the state of a task that is elsewhere', { task: name, unusedForMs: delayMs })
    } finally {
      giveBack()
    }
  }

  /** Opening is what tells whether another process has it; a damaged one nobody can have. */
  async #locked(folder: string): Promise<StateDb | 'held' | undefined> {
    try {
      return await this.#options.engine.open(folder, [])
    } catch (error) {
      const { code } = error as StateStoreError
      if (code === 'store-locked') return 'held'
      if (error instanceof StateStoreError && code === 'store-corrupted') return undefined
      throw error
    }
  }
}

/** The tasks with state in an application's folder. */
export const stateIn = (dir: string): string[] => entriesOf(dir).filter((name) => taskName.test(name))

function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

const removed = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
