import { jsonSerde } from '../../record/serdes.ts'
import type { KeyValueStore, KeyValueStoreDef } from '../../state/stores.ts'

/** What was last heard from a partition of main. */
export interface SourceTime {
  readonly streamTimeMs: number
  /** Of the contribution in the repartition topic. */
  readonly offset: number
}

export const sourceTimesStore: KeyValueStoreDef<SourceTime> = {
  kind: 'key-value',
  name: 'global-sources',
  serde: jsonSerde(),
}

/** When a partition of main no longer holds the others' windows: it is so far behind, and was not heard for so long. */
export interface IdleAfter {
  /** Event time behind the partition that is furthest. */
  readonly behindMs: number
  /** Offsets of the repartition topic since it was last heard, or since the start. */
  readonly offsets: number
}

export const idleAfter: IdleAfter = { behindMs: 7 * 86_400_000, offsets: 100_000 }

/** Stream times of main's partitions. */
export interface Span {
  /** By which windows forget; -1 while they forget nothing. */
  readonly lowestMs: number
  readonly furthestMs: number
}

const neverHeard: SourceTime = { streamTimeMs: -1, offset: -1 }

/**
 * The time by which windows forget: the lowest stream time among main's partitions, so that one that runs ahead takes nothing
 * from one that is behind. A partition that was never heard holds the time back, and so does a silent one, until it is idle:
 * behind by more than `behindMs` *and* not heard within so many offsets. Both are facts of the repartition topic, so the time
 * is a function of what lies in it.
 */
export class SourceTimes {
  readonly #store: KeyValueStore<SourceTime>
  readonly #idleAfter: IdleAfter
  readonly #partitions: number
  /** By partition of main; read from the store once. */
  #times: SourceTime[] | undefined

  constructor(store: KeyValueStore<SourceTime>, partitions: number, after: IdleAfter) {
    this.#store = store
    this.#partitions = partitions
    this.#idleAfter = after
  }

  /** Takes note of a contribution. */
  note(partition: number, heard: SourceTime): Span {
    this.#times ??= this.#load()
    const times = this.#times
    const known = times[partition] ?? neverHeard
    const now = { streamTimeMs: Math.max(known.streamTimeMs, heard.streamTimeMs), offset: heard.offset }
    times[partition] = now
    this.#store.put(String(partition), now)
    return this.#spanOf(times, heard.offset)
  }

  #spanOf(times: readonly SourceTime[], offset: number): Span {
    const { behindMs, offsets } = this.#idleAfter
    let furthestMs = -1
    for (const { streamTimeMs } of times) if (streamTimeMs > furthestMs) furthestMs = streamTimeMs
    let lowestMs = furthestMs
    for (const time of times) {
      const isIdle = furthestMs - time.streamTimeMs > behindMs && offset - time.offset > offsets
      if (!isIdle && time.streamTimeMs < lowestMs) lowestMs = time.streamTimeMs
    }
    return { lowestMs, furthestMs }
  }

  #load(): SourceTime[] {
    return Array.from({ length: this.#partitions }, (_, partition) => this.#store.get(String(partition)) ?? neverHeard)
  }
}
