/**
 * The state port: an ordered byte store with columns and atomic batches. RocksDB, Level and memory implement it, and
 * `test/contract/state-engine.ts` says what every implementation must do. Keys are ordered byte by byte, unsigned.
 */

export interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

/** Bounds of keys; without `lt` to the column's end. `reverse` starts from the end; `limit` counts entries. */
export interface KeyRange {
  readonly gte: Buffer
  readonly lt?: Buffer
  readonly reverse?: boolean
  readonly limit?: number
}

/** One change of a batch: a `value` of `null` deletes. */
export interface Change {
  readonly column: string
  readonly key: Buffer
  readonly value: Buffer | null
}

export interface StateDb {
  /** One answer a key, in order. */
  getMany(column: string, keys: readonly Buffer[]): Promise<(Buffer | undefined)[]>
  /** A single read on the spot, for what nobody could foresee; a batch read is many times cheaper. */
  getSync(column: string, key: Buffer): Buffer | undefined
  /** One list of entries a range, in order. */
  getRanges(column: string, ranges: readonly KeyRange[]): Promise<Entry[][]>
  /**
   * Applies all changes or none; of two with the same key the later counts. What was applied survives the end of the
   * process; a machine's crash may lose the newest batches, whole ones only.
   * @throws StateStoreError `disk-full`, `store-unavailable`
   */
  write(changes: readonly Change[]): Promise<void>
  /**
   * Deletes all entries from `gte` to before `lt`, at a cost that does not grow with their number where the engine can; not
   * part of any batch. For what nobody will read again.
   */
  deleteRange(column: string, range: Required<Pick<KeyRange, 'gte' | 'lt'>>): Promise<void>
  /** Bytes on disk or in memory, approximately. */
  approximateBytes(): Promise<number>
  close(): Promise<void>
}

export interface StateEngine {
  readonly name: 'rocksdb' | 'level' | 'memory'
  /**
   * Opens the database in `folder` (made if absent) with these columns.
   * @throws StateStoreError `store-locked` when another process holds it, `store-corrupted`, `store-unavailable`
   */
  open(folder: string, columns: readonly string[]): Promise<StateDb>
  /** Deletes the database in `folder`; nothing happens when there is none. */
  destroy(folder: string): Promise<void>
}
