import { TaskCorruptedError } from '../errors.ts'
import type { FetchedBatch, Log, PartitionReader } from '../log/log.ts'
import type { TopicPartition } from '../record/record.ts'
import type { Change, StateDb } from '../state/engine.ts'
import { changesOf } from '../state/restore.ts'
import type { StoreDef } from '../state/stores.ts'
import { trimmedToIn } from './changelog-trimmer.ts'
import { asTruncated, type ChangelogStretch, checkCut, isTrimmed, missingStretch } from './restore-changelog.ts'

export interface ChangelogTailOptions {
  readonly store: StoreDef
  readonly changelog: TopicPartition
  readonly log: Log
  readonly maxBytes: number
  /** What the database has already; `undefined` when it has nothing. */
  readonly from: number | undefined
}

/** What a poll of a changelog brought. */
export interface Tailed {
  readonly store: StoreDef
  readonly changes: readonly Change[]
  readonly nextOffset: number
  /** The position has moved: something was read, be it markers only. */
  readonly isNews: boolean
  /** Offsets up to the log's stable end. */
  readonly unread: number
}

/** One store's changelog, committed records only, read on from where a database has it. */
export class ChangelogTail {
  readonly store: StoreDef
  readonly #options: ChangelogTailOptions
  #stretch: ChangelogStretch
  #reader: PartitionReader
  #isWhole: boolean

  private constructor(options: ChangelogTailOptions, stretch: ChangelogStretch, reader: PartitionReader) {
    this.store = options.store
    this.#options = options
    this.#stretch = stretch
    this.#reader = reader
    this.#isWhole = !stretch.isCut
  }

  static async open(options: ChangelogTailOptions): Promise<ChangelogTail> {
    return new ChangelogTail(options, ...(await stretchFrom(options)))
  }

  /** Whether it is known that nothing is missing before what comes next: until then nothing of it may be applied. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** @throws TaskCorruptedError `changelog-truncated` when what is next has been deleted */
  async poll(waitMs: number): Promise<Tailed> {
    try {
      return await this.#poll(waitMs)
    } catch (error) {
      throw asTruncated(error, this.#options.changelog)
    }
  }

  /** Polls without waiting. `undefined` when the owner has trimmed what is next: then it goes on where the log begins. */
  async pollOrSkip(): Promise<Tailed | undefined> {
    const { position } = this.#reader
    try {
      return await this.#poll(0)
    } catch (error) {
      if (!isTrimmed(error)) throw error
      await this.#reader.close()
      const [stretch, reader] = await stretchFrom({ ...this.#options, from: position })
      this.#stretch = stretch
      this.#reader = reader
      this.#isWhole = !stretch.isCut
      return undefined
    }
  }

  /**
   * Goes by the owner's word on what it trimmed, which `db` has up to the end.
   * @throws TaskCorruptedError `changelog-truncated` when more is missing than that
   */
  check(db: StateDb): void {
    if (this.#isWhole) return
    checkCut(this.#stretch, this.#options.changelog, trimmedToIn(db, this.store.name))
    this.#isWhole = true
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async #poll(waitMs: number): Promise<Tailed> {
    const { store } = this
    const before = this.#reader.position
    const batch = await this.#reader.poll(waitMs)
    const { nextOffset, lastStableOffset } = batch
    const unread = Math.max(0, lastStableOffset - nextOffset)
    return { store, changes: changesIn(store, batch), nextOffset, isNews: nextOffset > before, unread }
  }
}

async function stretchFrom(options: ChangelogTailOptions): Promise<[ChangelogStretch, PartitionReader]> {
  const { log, changelog, maxBytes } = options
  const stretch = await missingStretch(options)
  const { begin: offset } = stretch
  return [stretch, await log.openReader({ ...changelog, offset, isolation: 'read-committed', maxBytes })]
}

function changesIn(store: StoreDef, { records }: FetchedBatch): Change[] {
  const changes: Change[] = []
  const addChanges = changesOf(store)
  for (const { key, value, offset, topic } of records) {
    if (key === null)
      throw new TaskCorruptedError('state-corrupted', `${topic} has a record without a key at ${offset}`)
    addChanges({ key, value }, changes)
  }
  return changes
}
