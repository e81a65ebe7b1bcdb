import type { Log } from '../log/log.ts'
import type { StateDb } from '../state/engine.ts'
import { type ExpiringStoreDef, isExpiring } from '../state/retention.ts'
import type { StoreDef } from '../state/stores.ts'
import { systemColumn } from '../state/system.ts'
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

/** What the system store has of a changelog's trimming. */
interface TrimState {
  /** Below this offset nothing counts any more, and may be deleted. */
  readonly trimmedTo: number
  readonly marks: readonly Mark[]
}

const untrimmed: TrimState = { trimmedTo: 0, marks: [] }

/** Text that says something else counts as nothing: then the changelog is trimmed one retention later. */
function decodeTrim(bytes: Buffer | undefined): TrimState {
  const found: Partial<TrimState> | null = bytes === undefined ? null : JSON.parse(bytes.toString())
  return typeof found?.trimmedTo === 'number' && Array.isArray(found.marks) ? (found as TrimState) : untrimmed
}

/** The offset below which the owner deletes from a changelog what is past its retention, by what it has committed under `trimKey`. */
export const trimmedToOf = (stored: Buffer | undefined): number => decodeTrim(stored).trimmedTo

/** The same by what a database has of the system store. */
export const trimmedToIn = (db: StateDb, store: string): number => trimmedToOf(db.getSync(systemColumn, trimKey(store)))

/** One store's changelog. */
class Trim {
  readonly store: ExpiringStoreDef
  #state: TrimState
  #deletedTo = 0

  constructor(store: ExpiringStoreDef, state: TrimState) {
    this.store = store
    this.#state = state
  }

  /**
   * Notes the end of the changelog now and then, and what is past its retention and in the database; true when that changed
   * anything.
   */
  note(mark: Mark, streamTimeMs: number, storedOffset: number): boolean {
    const { trimmedTo, marks } = this.#state
    const lastMs = marks.at(-1)?.latestMs
    if (lastMs !== undefined && mark.latestMs - lastMs < this.store.retentionMs / marksPerRetention) return false
    const expired = marks.filter(
      ({ latestMs, offset }) => latestMs < streamTimeMs - this.store.retentionMs && offset <= storedOffset,
    )
    this.#state = {
      trimmedTo: expired.at(-1)?.offset ?? trimmedTo,
      marks: [...marks.slice(expired.length), mark],
    }
    return true
  }

  /** Up to where records may be deleted, as far as the log knows that; `undefined` when nothing new is due. Not given out twice. */
  takeDue(): number | undefined {
    const { trimmedTo } = this.#state
    if (trimmedTo <= this.#deletedTo) return undefined
    this.#deletedTo = trimmedTo
    return trimmedTo
  }

  entry(): ChangelogEntry {
    return { store: systemStore, key: trimKey(this.store.name), value: Buffer.from(JSON.stringify(this.#state)) }
  }
}

export interface ChangelogTrimmerOptions {
  readonly applicationId: string
  readonly partition: number
  readonly log: Log
  readonly stores: readonly StoreDef[]
  /** How far the database has a store's changelog: what lies above is needed after a crash. */
  readonly storedOffset: (store: string) => number
  /** What the system store has under `trimKey`. */
  readonly stored: (store: string) => Buffer | undefined
}

/**
 * Deletes from the changelogs of timestamped and window stores what retention has passed, by stream time; the broker's
 * clock has no part in it. The marks are kept in the system store, so that a restart does not begin anew, and so that whoever
 * follows knows what may be missing: the log has them before anything is deleted by them.
 */
export class ChangelogTrimmer {
  readonly #options: ChangelogTrimmerOptions
  readonly #trims: readonly Trim[]

  constructor(options: ChangelogTrimmerOptions) {
    this.#options = options
    this.#trims = options.stores
      .filter(isExpiring)
      .map((store) => new Trim(store, decodeTrim(options.stored(store.name))))
  }

  /**
   * Takes note of a commit, the marks that were given out before being in it, and deletes what those allow. Returns the marks
   * that changed, to be stored with the next commit. A deletion that fails is made up for by the next one.
   */
  async committed(ends: ReadonlyMap<string, number>, { streamTimeMs, latestMs }: TrimTimes): Promise<ChangelogEntry[]> {
    const { applicationId, partition, log, storedOffset } = this.#options
    const changed: ChangelogEntry[] = []
    for (const trim of this.#trims) {
      const { name } = trim.store
      const before = trim.takeDue()
      if (before !== undefined) {
        const topic = changelogTopic(applicationId, name)
        await log.deleteRecordsBefore({ topic, partition }, before).catch(() => {})
      }
      const end = ends.get(name)
      if (end === undefined) continue
      if (trim.note({ offset: end, latestMs }, streamTimeMs, storedOffset(name))) changed.push(trim.entry())
    }
    return changed
  }
}
