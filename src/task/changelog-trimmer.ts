import type { Log } from '../log/log.ts'
import { type ExpiringStoreDef, isExpiring } from '../state/retention.ts'
import type { StoreDef } from '../state/stores.ts'
import type { ChangelogEntry } from '../state/task-state.ts'
import { changelogTopic, systemStore } from './changelog.ts'

/** A place in a changelog, and a time than which nothing below it is later. */
interface Mark {
  readonly offset: number
  readonly latestMs: number
}

/** Stream time at a commit. */
export interface TrimTimes {
  /** What stores forget by. */
  readonly streamTimeMs: number
  /** No entry is later; stream time unless that is held back. */
  readonly latestMs: number
}

/** Marks a retention: the changelog holds at most this part of a retention more than it must. */
const marksPerRetention = 16

export const trimKey = (store: string): Buffer => Buffer.from(`trim/${store}`)

/** Text that is no list of marks counts as none: then the changelog is trimmed one retention later. */
function decodeMarks(bytes: Buffer | undefined): Mark[] {
  const marks: unknown = bytes === undefined ? [] : JSON.parse(bytes.toString())
  return Array.isArray(marks) ? marks : []
}

/** One store's changelog. */
class Trim {
  readonly store: ExpiringStoreDef
  #marks: Mark[]

  constructor(store: ExpiringStoreDef, marks: Mark[]) {
    this.store = store
    this.#marks = marks
  }

  /** Notes the end of the changelog now and then; true when the marks changed. */
  note(mark: Mark): boolean {
    const lastMs = this.#marks.at(-1)?.latestMs
    if (lastMs !== undefined && mark.latestMs - lastMs < this.store.retentionMs / marksPerRetention) return false
    this.#marks = [...this.#marks, mark]
    return true
  }

  /** The offset below which everything is past its retention; `undefined` when nothing new is. Forgets what it gives out. */
  takeExpired(streamTimeMs: number): number | undefined {
    const expired = this.#marks.filter((mark) => mark.latestMs < streamTimeMs - this.store.retentionMs)
    this.#marks = this.#marks.slice(expired.length)
    return expired.at(-1)?.offset
  }

  entry(): ChangelogEntry {
    return { store: systemStore, key: trimKey(this.store.name), value: Buffer.from(JSON.stringify(this.#marks)) }
  }
}

export interface ChangelogTrimmerOptions {
  readonly applicationId: string
  readonly partition: number
  readonly log: Log
  readonly stores: readonly StoreDef[]
  /** Brings the database to at least this offset of a store's changelog: what lies below is about to go. */
  readonly keep: (store: string, offset: number) => Promise<void>
  /** What the system store has under `trimKey`. */
  readonly stored: (store: string) => Buffer | undefined
}

/**
 * Deletes from the changelogs of timestamped and window stores what retention has passed, by stream time; the broker's
 * clock has no part in it. The marks are kept in the system store, so that a restart does not begin anew.
 */
export class ChangelogTrimmer {
  readonly #options: ChangelogTrimmerOptions
  readonly #trims: readonly Trim[]

  constructor(options: ChangelogTrimmerOptions) {
    this.#options = options
    this.#trims = options.stores
      .filter(isExpiring)
      .map((store) => new Trim(store, decodeMarks(options.stored(store.name))))
  }

  /**
   * Takes note of a commit and deletes what is due. Returns the marks that changed, to be stored with the next commit.
   * A deletion that fails is made up for by the next one.
   */
  async committed(ends: ReadonlyMap<string, number>, { streamTimeMs, latestMs }: TrimTimes): Promise<ChangelogEntry[]> {
    const { applicationId, partition, log, keep } = this.#options
    const changed: ChangelogEntry[] = []
    for (const trim of this.#trims) {
      const end = ends.get(trim.store.name)
      if (end === undefined || !trim.note({ offset: end, latestMs })) continue
      const before = trim.takeExpired(streamTimeMs)
      changed.push(trim.entry())
      if (before === undefined) continue
      await keep(trim.store.name, before)
      const topic = changelogTopic(applicationId, trim.store.name)
      await log.deleteRecordsBefore({ topic, partition }, before).catch(() => {})
    }
    return changed
  }
}
