import type { KeyRange, StateDb } from './engine.ts'
import { readOrdered, windowPrefix, windowRange, writeOrdered } from './keys.ts'
import { expiredBefore } from './retention.ts'
import type { WindowStoreDef } from './stores.ts'

/**
 * A window store's rows lie in segments of time, so that those of a time that is past go by the range, not one by one. A row's
 * key in the database is its segment's end and start (8 bytes each) and then its key in the changelog. Since a segment says
 * itself what it spans, rows stay readable when the store's retention changes, and with it how long new segments are.
 */
export interface Segment {
  readonly startMs: number
  /** Exclusive. */
  readonly endMs: number
  readonly prefix: Buffer
}

const segmentBytes = 16
/** More segments would free space sooner, and make several reads of more reads. */
const segmentsPerRetention = 2
/** Behind all keys of a segment: none of them has so long a text. */
const last = Buffer.from([0xff])

function segmentAt(timeMs: number, retentionMs: number): Segment {
  const lengthMs = Math.max(1, Math.ceil(retentionMs / segmentsPerRetention))
  const atMs = Math.floor(timeMs / lengthMs) * lengthMs
  const startMs = Math.max(atMs, Number.MIN_SAFE_INTEGER)
  const endMs = Math.min(atMs + lengthMs, Number.MAX_SAFE_INTEGER)
  const prefix = Buffer.allocUnsafe(segmentBytes)
  writeOrdered(prefix, endMs, 0)
  writeOrdered(prefix, startMs, 8)
  return { startMs, endMs, prefix }
}

/** The key in the changelog of a row in the database. */
export const loggedKey = (key: Buffer): Buffer => key.subarray(segmentBytes)

/** The key in the database of a row in the changelog. */
export const segmentedKey = ({ retentionMs }: WindowStoreDef<unknown>, key: Buffer, timeMs: number): Buffer =>
  Buffer.concat([segmentAt(timeMs, retentionMs).prefix, key])

/** The segments that a window store has in its database. */
export class WindowSegments {
  readonly #def: WindowStoreDef<unknown>
  readonly #db: StateDb
  /** By their end. */
  #segments: readonly Segment[] = []
  #isLoaded = false
  /** Where the last row went. */
  #newest: Segment | undefined

  constructor(def: WindowStoreDef<unknown>, db: StateDb) {
    this.#def = def
    this.#db = db
  }

  /** Finds, once, what there is. */
  async load(): Promise<void> {
    if (this.#isLoaded) return
    let gte = Buffer.alloc(0)
    for (;;) {
      const [entries = []] = await this.#db.getRanges(this.#def.name, [{ gte, limit: 1 }])
      const [entry] = entries
      if (entry === undefined) break
      const prefix = Buffer.from(entry.key.subarray(0, segmentBytes))
      this.#add({ endMs: readOrdered(prefix, 0), startMs: readOrdered(prefix, 8), prefix })
      gte = Buffer.concat([prefix, last])
    }
    this.#isLoaded = true
  }

  /** The key in the database of a row that is about to be written there, by its key in the changelog. */
  keyOf(key: Buffer, timeMs: number): Buffer {
    let segment = this.#newest
    if (segment === undefined || timeMs < segment.startMs || timeMs >= segment.endMs) {
      segment = segmentAt(timeMs, this.#def.retentionMs)
      this.#newest = segment
      this.#add(segment)
    }
    return Buffer.concat([segment.prefix, key])
  }

  /** Where the rows of a key from `fromMs` to `toMs` lie, both inclusive: a range a segment. */
  rangesOf(key: string, fromMs: number, toMs: number): KeyRange[] {
    const ranges: KeyRange[] = []
    for (const { startMs, endMs, prefix } of this.#segments) {
      if (endMs >= fromMs && startMs <= toMs) ranges.push(windowRange(windowPrefix(key, prefix), fromMs, toMs))
    }
    return ranges
  }

  /** The database has all up to this stream time: what is past its retention is not asked for any more. */
  settle(streamTimeMs: number): void {
    const expiredBeforeMs = expiredBefore(this.#def, streamTimeMs)
    if (this.#segments.every(({ endMs }) => endMs >= expiredBeforeMs)) return
    this.#segments = this.#segments.filter(({ endMs }) => endMs >= expiredBeforeMs)
    this.#newest = undefined
  }

  #add(segment: Segment): void {
    if (this.#segments.some(({ prefix }) => prefix.equals(segment.prefix))) return
    this.#segments = [...this.#segments, segment].sort((a, b) => a.endMs - b.endMs)
  }
}
