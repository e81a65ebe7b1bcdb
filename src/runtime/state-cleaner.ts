import { readdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StateStoreError } from '../errors.ts'
import type { StateDb, StateEngine } from '../state/engine.ts'
import { isDeploymentOf } from '../task/deployment-port.ts'
import { isFolderHeld, takeFreeFolder } from '../task/folder-registry.ts'
import type { Clock, Timer } from '../time/clock.ts'
import { instanceFile } from './instance-id.ts'
import type { Logger } from './logger.ts'

export interface StateCleanerOptions {
  /** The application's: one folder a task. Those of its deployments lie beside it. */
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

/** A task's state, of the definition of the beginning or of a deployment. */
interface TaskFolder {
  readonly path: string
  /** The application's folder, or a deployment's. */
  readonly dir: string
  readonly task: string
}

/**
 * Deletes the state of tasks that have gone to other instances, when they have not come back within the delay, and what a
 * task that is here keeps of deployments that no longer decide. A folder that anybody holds, in this process or another, stays.
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
    const { delayMs, clock } = this.#options
    const dirs = this.#dirs()
    for (const dir of dirs) for (const name of entriesOf(dir)) if (name.endsWith(gone)) await removed(join(dir, name))
    const unused = this.#unusedIn(dirs)
    const paths = new Set(unused.map(({ path }) => path))
    for (const path of this.#unusedSinceMs.keys()) if (!paths.has(path)) this.#unusedSinceMs.delete(path)
    for (const folder of unused) {
      const sinceMs = this.#unusedSinceMs.get(folder.path) ?? clock.nowMs()
      this.#unusedSinceMs.set(folder.path, sinceMs)
      if (clock.nowMs() - sinceMs >= delayMs) await this.#remove(folder)
    }
  }

  /** The application's folder and those of its deployments. Another application's says whose state it is, in a file of its own. */
  #dirs(): string[] {
    const { dir } = this.#options
    const deployments = entriesOf(dirname(dir))
      .filter((name) => isDeploymentOf(basename(dir), name))
      .map((name) => join(dirname(dir), name))
      .filter((path) => !entriesOf(path).includes(instanceFile))
    return [dir, ...deployments]
  }

  #unusedIn(dirs: readonly string[]): TaskFolder[] {
    const inUse = this.#options.inUse()
    const folders = dirs.flatMap((dir) =>
      stateIn(dir).map((task): TaskFolder => ({ path: join(dir, task), dir, task })),
    )
    // A task that is being opened again holds nothing for a moment: then nobody knows which of its folders it needs.
    const open = new Set(folders.filter(({ path }) => isFolderHeld(path)).map(({ task }) => task))
    return folders.filter(({ path, task }) => !inUse.has(task) || (open.has(task) && !isFolderHeld(path)))
  }

  async #remove({ path, dir, task }: TaskFolder): Promise<void> {
    const { delayMs, logger } = this.#options
    const giveBack = takeFreeFolder(path)
    if (giveBack === undefined) return
    try {
      const db = await this.#locked(path)
      if (db === 'held') return
      // Renamed while its lock is held: whoever opens the task's state from now on begins a folder of his own.
      await rename(path, path + gone)
      await db?.close().catch(() => {})
      await removed(path + gone)
      this.#unusedSinceMs.delete(path)
      logger.info('deleted state that nobody here uses', { task, state: basename(dir), unusedForMs: delayMs })
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
