import type { Change, Entry, KeyRange, StateDb, StateEngine } from '../engine.ts'
import { closedError, columnError, stateStoreError } from './failures.ts'
import { folderBytes, removeFolder } from './folder.ts'
import { isEmptyRange } from './key-range.ts'
import { loadRocksLevel, type RocksBatch, type RocksLevel, type RocksReadOptions } from './rocksdb-binding.ts'

/** What a database takes for write buffers and blocks in memory, unless told otherwise. */
export const defaultMemoryBytes = 48 * 1024 * 1024

// Four buffers of 64 KiB, the least that RocksDB takes.
const leastShareBytes = 256 * 1024
// Larger buffers do not make writes cheaper, and the write-ahead log, replayed when opening, grows with them.
const largestShareBytes = 32 * 1024 * 1024

/**
 * A column's share of the memory. The binding makes a write buffer a quarter of its "budget"; two of them are written to a
 * file together while a third fills up, and what is left is for blocks. It lets each column have six of them, and RocksDB keeps
 * at most four times what all of these may hold in its write-ahead log: six times the memory given here.
 */
function columnOptions(memoryBytes: number, columns: number): object {
  const share = Math.min(largestShareBytes, Math.max(leastShareBytes, Math.floor(memoryBytes / columns)))
  return { compaction: 'level', memtableMemoryBudget: share, cacheSize: Math.floor(share / 4) }
}

// RocksDB's own first column must be opened too; Weir's columns never meet it, since their names are escaped and marked.
const columnName = (column: string): string => `weir.${encodeURIComponent(column)}`

/** The columns RocksDB found in the folder and was not told of. */
function unopenedColumns(error: unknown): string[] {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const match = /Column families not opened: (.+)$/.exec(cause instanceof Error ? cause.message : '')
  return match?.[1]?.split(', ') ?? []
}

async function openWithAllColumns(
  folder: string,
  columns: readonly string[],
  memoryBytes: number,
): Promise<RocksLevel> {
  const names = new Set(['default', ...columns.map(columnName)])
  for (;;) {
    const db = new (loadRocksLevel())(folder)
    const options = columnOptions(memoryBytes, names.size - 1)
    const unused = columnOptions(0, 1)
    try {
      await db.open({
        createIfMissing: true,
        // A batch is soon in a table file: packing it for the time until then costs more than it saves.
        walCompression: false,
        columns: Object.fromEntries([...names].map((name) => [name, name === 'default' ? unused : options])),
      })
      return db
    } catch (error) {
      const missing = unopenedColumns(error).filter((name) => !names.has(name))
      if (missing.length === 0) throw error
      for (const name of missing) names.add(name)
    }
  }
}

// An empty buffer of its own has no address, on which RocksDB's assertions end the process; one within another has.
const emptyBytes = Buffer.alloc(1).subarray(0, 0)
const addressed = (bytes: Buffer): Buffer => (bytes.length === 0 ? emptyBytes : bytes)

class RocksDb implements StateDb {
  readonly #folder: string
  readonly #db: RocksLevel
  readonly #batch: RocksBatch
  readonly #columns: ReadonlyMap<string, RocksReadOptions>
  #open = true
  #broken = false

  constructor(folder: string, db: RocksLevel, columns: readonly string[]) {
    this.#folder = folder
    this.#db = db
    this.#batch = db.batch()
    this.#columns = new Map(
      columns.map((column) => [column, { column: db.columns[columnName(column)]!, valueEncoding: 'buffer' }]),
    )
  }

  async getMany(column: string, keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#read(column, (options) => this.#valuesOf(keys, options))
  }

  getSync(column: string, key: Buffer): Buffer | undefined {
    return this.#read(column, (options) => this.#valuesOf([key], options)[0])
  }

  async getRanges(column: string, ranges: readonly KeyRange[]): Promise<Entry[][]> {
    return this.#read(column, (options) => ranges.map((range) => this.#entriesIn(range, options)))
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (!this.#open) throw closedError(this.#folder)
    const batch = this.#batch
    try {
      for (const { column, key, value } of changes) {
        const options = this.#optionsOf(column)
        if (value === null) batch._del(addressed(key), options)
        else batch._put(addressed(key), addressed(value), options)
      }
      batch._writeSync({ sync: false })
    } catch (error) {
      this.#broken = true
      throw stateStoreError(error, this.#folder)
    } finally {
      batch._clear()
    }
  }

  async deleteRange(column: string, { gte, lt }: { readonly gte: Buffer; readonly lt: Buffer }): Promise<void> {
    if (Buffer.compare(gte, lt) >= 0) return
    await this.#read(column, (options) => this.#db._clear({ ...options, gte: addressed(gte), lt }))
  }

  approximateBytes(): Promise<number> {
    return folderBytes(this.#folder)
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#db.close().catch((error: unknown) => {
      // RocksDB closes, and complains of the write that failed before: its caller knows.
      if (!this.#broken) throw stateStoreError(error, this.#folder)
    })
  }

  #valuesOf(keys: readonly Buffer[], options: RocksReadOptions): (Buffer | undefined)[] {
    return this.#db._getManySync(keys.map(addressed), options) as (Buffer | undefined)[]
  }

  #entriesIn(range: KeyRange, options: RocksReadOptions): Entry[] {
    if (isEmptyRange(range)) return []
    const { rows } = this.#db.querySync({
      ...options,
      keyEncoding: 'buffer',
      gte: addressed(range.gte),
      ...(range.lt && { lt: range.lt }),
      reverse: range.reverse ?? false,
      limit: range.limit ?? -1,
      // A task reads the same keys again soon; by default a scan's blocks are read and unpacked anew each time.
      fillCache: true,
    })
    const entries = new Array<Entry>(rows.length / 2)
    for (let n = 0; n < entries.length; n++) entries[n] = { key: rows[2 * n]!, value: rows[2 * n + 1]! }
    return entries
  }

  #optionsOf(column: string): RocksReadOptions {
    const options = this.#columns.get(column)
    if (options === undefined) throw columnError(this.#folder, column)
    return options
  }

  /** The binding ends the process when it is used after `close`: so every call but `write` passes here. */
  #read<T>(column: string, read: (options: RocksReadOptions) => T): T {
    if (!this.#open) throw closedError(this.#folder)
    try {
      return read(this.#optionsOf(column))
    } catch (error) {
      throw stateStoreError(error, this.#folder)
    }
  }
}

/**
 * State in RocksDB, a column family each column. The write-ahead log is on, so that columns do not tear apart, and is
 * not synced: a batch survives the end of the process, not that of the machine.
 * @param memoryBytes what each database takes in memory for write buffers and blocks, about; at least 256 KiB a column
 */
export const rocksDbEngine = (memoryBytes: number = defaultMemoryBytes): StateEngine => ({
  name: 'rocksdb',
  async open(folder, columns) {
    try {
      return new RocksDb(folder, await openWithAllColumns(folder, columns, memoryBytes), columns)
    } catch (error) {
      throw stateStoreError(error, folder)
    }
  },
  destroy: removeFolder,
})

/** True where RocksDB's native module loads. */
export function rocksDbLoads(): boolean {
  try {
    loadRocksLevel()
    return true
  } catch {
    return false
  }
}
