import { join } from 'node:path'
import { TaskCorruptedError } from '../errors.ts'
import type { FetchedBatch, PartitionReader } from '../log/log.ts'
import type { TopicPartition } from '../record/record.ts'
import type { Change } from '../state/engine.ts'
import { changesOf } from '../state/restore.ts'
import type { StoreDef } from '../state/stores.ts'
import { Sweeper } from '../state/sweeper.ts'
import { readSystem, systemChanges, systemColumn } from '../state/system.ts'
import type { Timer } from '../time/clock.ts'
import { changelogTopic, systemStore, systemStoreDef } from './changelog.ts'
import { trimKey, trimmedToOf } from './changelog-trimmer.ts'
import { type FollowedState, type FollowedStateOptions, followedState } from './followed-state.ts'
import {
  asTaskCorrupted,
  type OpenedDatabase,
  openTaskDatabase,
  type TaskDatabaseOptions,
  taskFolder,
} from './open-database.ts'
import { decodePosition, positionKey } from './position.ts'
import { asTruncated, type ChangelogStretch, checkCut, isTrimmed, missingStretch } from './restore-changelog.ts'
import { TaskLifecycle, type TaskStatus } from './task-lifecycle.ts'

export interface StandbyTaskOptions
  extends FollowedStateOptions,
    Pick<TaskDatabaseOptions, 'taskId' | 'engine' | 'stateDir' | 'clock'> {
  readonly limits: { readonly maxBytes: number }
  /** Hears after each look at the log how many changelog offsets the copy lacks. */
  readonly onLag: (lag: number) => void
}

/** One store's changelog, read from where the database has it. */
interface Tail {
  readonly store: StoreDef
  readonly changelog: TopicPartition
  readonly stretch: ChangelogStretch
  readonly reader: PartitionReader
  /** Whether it is known that nothing is missing before the reader: until then nothing of it is applied. */
  isWhole: boolean
}

/** How long an idle standby waits for the next commit, and after each one for those that follow it. */
const idleWaitMs = 500
const pauseMs = 100
/** Between two looks at which state is in force. */
const renewMs = 2_000

/**
 * A copy of the state of a task that another instance runs: follows its changelogs, reading committed records only, and
 * notes in the same write how far it came. So whoever opens the task on this state replays the rest alone. It never
 * processes, and changes to another state when what the task runs changes. `open`, then `run` until `suspend` or `close`.
 */
export class StandbyTask {
  readonly taskId: string
  readonly #options: StandbyTaskOptions
  readonly #lifecycle: TaskLifecycle
  #followed: FollowedState | undefined
  #opened: OpenedDatabase | undefined
  #renewAtMs = 0
  #tails: Tail[] = []
  #sweeper: Sweeper | undefined
  #streamTimeMs = -1
  #wake: () => void = () => {}

  constructor(options: StandbyTaskOptions) {
    this.taskId = options.taskId
    this.#options = options
    this.#lifecycle = new TaskLifecycle(options.taskId)
  }

  get status(): TaskStatus {
    return this.#lifecycle.status
  }

  /** @throws TaskCorruptedError, StateStoreError, LogError */
  async open(): Promise<void> {
    await this.#lifecycle.open(async () => this.#open(await followedState(this.#options)))
  }

  /** Follows the changelogs until it is suspended. @throws TaskCorruptedError, StateStoreError, LogError */
  run(): Promise<void> {
    return this.#lifecycle.run(() => this.#follow())
  }

  async suspend(): Promise<void> {
    this.#stop()
    await this.#lifecycle.suspend()
  }

  async close(): Promise<void> {
    this.#stop()
    await this.#lifecycle.close({
      interrupt: () => this.#closeTails(),
      release: async () => {
        // Opened while the others were being closed.
        await this.#closeTails()
        await this.#opened?.close()
      },
    })
  }

  async destroyState(): Promise<void> {
    const { engine, stateDir } = this.#options
    if (this.#followed === undefined) return
    await engine.destroy(taskFolder(join(stateDir, this.#followed.applicationId), this.taskId))
  }

  async #closeTails(): Promise<void> {
    await Promise.allSettled(this.#tails.map(({ reader }) => reader.close()))
  }

  #stop(): void {
    this.#lifecycle.stop()
    this.#wake()
  }

  async #open(followed: FollowedState): Promise<void> {
    const { clock } = this.#options
    const { stores } = followed
    this.#followed = followed
    this.#streamTimeMs = -1
    this.#renewAtMs = clock.nowMs() + renewMs
    this.#opened = await openTaskDatabase({ ...this.#options, ...followed, stopped: () => this.#lifecycle.isStopping })
    const { db } = this.#opened
    try {
      const { changelogOffsets } = await readSystem(db)
      this.#noteTime(db.getSync(systemColumn, positionKey))
      this.#sweeper = new Sweeper(db, stores)
      this.#tails = []
      for (const store of [systemStoreDef, ...stores])
        this.#tails.push(await this.#openTail(store, changelogOffsets.get(store.name)))
    } catch (error) {
      throw asTaskCorrupted(error)
    }
  }

  async #openTail(store: StoreDef, from: number | undefined): Promise<Tail> {
    const { topology, partition, log, limits } = this.#options
    const changelog = { topic: changelogTopic(this.#followed!.applicationId, store.name, topology.id), partition }
    const stretch = await missingStretch({ log, changelog, from })
    const reading = {
      ...changelog,
      offset: stretch.begin,
      isolation: 'read-committed',
      maxBytes: limits.maxBytes,
    } as const
    return { store, changelog, stretch, reader: await log.openReader(reading), isWhole: !stretch.isCut }
  }

  async #follow(): Promise<void> {
    let waitMs = 0
    while (!this.#lifecycle.isStopping) {
      const lag = await this.#look(waitMs)
      this.#options.onLag(lag)
      waitMs = lag > 0 ? 0 : idleWaitMs
      if (lag > 0) continue
      await this.#pause()
      if (!this.#lifecycle.isStopping && this.#options.clock.nowMs() >= this.#renewAtMs) await this.#renew()
    }
  }

  /** Changes to the state that is in force now, if it is another one. */
  async #renew(): Promise<void> {
    this.#renewAtMs = this.#options.clock.nowMs() + renewMs
    const followed = await followedState(this.#options)
    if (followed.applicationId === this.#followed!.applicationId) return
    await this.#closeTails()
    await this.#opened!.close()
    this.#opened = undefined
    if (!this.#lifecycle.isStopping) await this.#open(followed)
  }

  /** Applies what there is in all changelogs. Each commit writes to the system changelog: there the others are waited for. */
  async #look(waitMs: number): Promise<number> {
    const [system, ...others] = this.#tails
    const first = await poll(system!, waitMs).catch((error: unknown) => {
      throw asTruncated(error, system!.changelog)
    })
    const rest = await Promise.all(others.filter(({ isWhole }) => isWhole).map((tail) => this.#pollOrOpenAgain(tail)))
    const found = [first, ...rest.filter((each) => each !== undefined)]
    // Whoever closes the standby waits for its database.
    if (this.#lifecycle.isStopping) return unreadOf(found)
    const changes = found.flatMap(({ tail, batch }) => changesIn(tail, batch))
    const { db } = this.#opened!
    if (found.some(({ before, batch }) => batch.nextOffset > before)) {
      const changelogOffsets = new Map(found.map(({ tail, batch }) => [tail.store.name, batch.nextOffset]))
      this.#noteTime(changes.findLast(({ column, key }) => column === systemStore && key.equals(positionKey))?.value)
      this.#sweeper!.noteWrites(changes)
      await db.write([
        ...(await this.#sweeper!.sweep(this.#streamTimeMs)),
        ...changes,
        ...systemChanges({ changelogOffsets }),
      ])
    }
    // Before a system changelog is read to its end, it may not have said yet what was trimmed.
    if (unreadOf([first]) === 0) this.#checkCuts(others)
    const notRead = others.length + 1 - found.length
    return unreadOf(found) + notRead
  }

  #checkCuts(tails: readonly Tail[]): void {
    for (const tail of tails.filter(({ isWhole }) => !isWhole)) {
      checkCut(
        tail.stretch,
        tail.changelog,
        trimmedToOf(this.#opened!.db.getSync(systemColumn, trimKey(tail.store.name))),
      )
      tail.isWhole = true
    }
  }

  /** `undefined` when the owner was faster: what is next has been trimmed. The tail then begins where the log does. */
  async #pollOrOpenAgain(tail: Tail): Promise<Found | undefined> {
    const { position } = tail.reader
    try {
      return await poll(tail, 0)
    } catch (error) {
      if (!isTrimmed(error)) throw error
      await tail.reader.close()
      this.#tails[this.#tails.indexOf(tail)] = await this.#openTail(tail.store, position)
      return undefined
    }
  }

  /** Stream time comes with the task's position; retention follows it here as there. */
  #noteTime(position: Buffer | null | undefined): void {
    if (position) this.#streamTimeMs = decodePosition(position).streamTimeMs
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer: Timer = this.#options.clock.setTimeout(resolve, pauseMs)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}

interface Found {
  readonly tail: Tail
  readonly before: number
  readonly batch: FetchedBatch
}

async function poll(tail: Tail, waitMs: number): Promise<Found> {
  const before = tail.reader.position
  return { tail, before, batch: await tail.reader.poll(waitMs) }
}

function changesIn({ store }: Tail, { records }: FetchedBatch): Change[] {
  const changes: Change[] = []
  const addChanges = changesOf(store)
  for (const { key, value, offset, topic } of records) {
    if (key === null)
      throw new TaskCorruptedError('state-corrupted', `${topic} has a record without a key at ${offset}`)
    addChanges({ key, value }, changes)
  }
  return changes
}

const unreadOf = (found: readonly Found[]): number =>
  found.reduce((sum, { batch }) => sum + Math.max(0, batch.lastStableOffset - batch.nextOffset), 0)
