import { readdir } from 'node:fs/promises'
import { Level } from 'level'
import type { Change, Entry, KeyRange, StateDb, StateEngine } from '../engine.ts'
import { closedError, columnError, stateStoreError } from './failures.ts'
import { folderBytes, removeFolder } from './folder.ts'
import { isEmptyRange } from './key-range.ts'

type BytesLevel = Level<Buffer, Buffer>

const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

// Each open iterator pins memory: more at once brings nothing, since the thread pool has four threads.
const iteratorsAtOnce = 64

/** Keys of a column start with its escaped name and a zero byte; the byte one ends the column. */
class ColumnPrefix {
  readonly #prefix: Buffer
  readonly #end: Buffer

  constructor(column: string) {
    this.#prefix = Buffer.from(`${encodeURIComponent(column)}\x00`)
    this.#end = Buffer.from(`${encodeURIComponent(column)}\x01`)
  }

  add(key: Buffer): Buffer {
    return Buffer.concat([this.#prefix, key])
  }

  strip(key: Buffer): Buffer {
    return key.subarray(this.#prefix.length)
  }

  bounds(range: KeyRange): { readonly gte: Buffer; readonly lt: Buffer } {
    return { gte: this.add(range.gte), lt: range.lt ? this.add(range.lt) : this.#end }
  }
}

class LevelDb implements StateDb {
  readonly #folder: string
  readonly #db: BytesLevel
  readonly #columns: ReadonlyMap<string, ColumnPrefix>

  constructor(folder: string, db: BytesLevel, columns: readonly string[]) {
    this.#folder = folder
    this.#db = db
    this.#columns = new Map(columns.map((column) => [column, new ColumnPrefix(column)]))
  }

  getMany(column: string, keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return this.#attempt(async () => {
      const prefix = this.#prefixOf(column)
      const prefixed = keys.map((key) => prefix.add(key))
      return this.#db.getMany(prefixed)
    })
  }

  getSync(column: string, key: Buffer): Buffer | undefined {
    if (this.#db.status !== 'open') throw closedError(this.#folder)
    try {
      return this.#db.getSync(this.#prefixOf(column).add(key))
    } catch (error) {
      throw stateStoreError(error, this.#folder)
    }
  }

  getRanges(column: string, ranges: readonly KeyRange[]): Promise<Entry[][]> {
    return this.#attempt(async () => {
      const prefix = this.#prefixOf(column)
      const answers: Entry[][] = []
      for (let from = 0; from < ranges.length; from += iteratorsAtOnce) {
        const some = ranges.slice(from, from + iteratorsAtOnce)
        answers.push(...(await Promise.all(some.map((range) => this.#entriesIn(range, prefix)))))
      }
      return answers
    })
  }

  write(changes: readonly Change[]): Promise<void> {
    return this.#attempt(() =>
      this.#db.batch(
        changes.map(({ column, key, value }) => {
          const prefixed = this.#prefixOf(column).add(key)
          return value === null ? { type: 'del', key: prefixed } : { type: 'put', key: prefixed, value }
        }),
      ),
    )
  }

  deleteRange(column: string, range: { readonly gte: Buffer; readonly lt: Buffer }): Promise<void> {
    return this.#attempt(async () => {
      if (!isEmptyRange(range)) await this.#db.clear(this.#prefixOf(column).bounds(range))
    })
  }

  approximateBytes(): Promise<number> {
    return folderBytes(this.#folder)
  }

  async close(): Promise<void> {
    await this.#db.close().catch((error: unknown) => {
      throw stateStoreError(error, this.#folder)
    })
  }

  async #entriesIn(range: KeyRange, prefix: ColumnPrefix): Promise<Entry[]> {
    if (isEmptyRange(range)) return []
    const rows = await this.#db
      .iterator({
        ...prefix.bounds(range),
        reverse: range.reverse ?? false,
        limit: range.limit ?? -1,
        highWaterMarkBytes: 1024 * 1024,
      })
      .all()
    return rows.map(([key, value]) => ({ key: prefix.strip(key), value }))
  }

  #prefixOf(column: string): ColumnPrefix {
    const prefix = this.#columns.get(column)
    if (prefix === undefined) throw columnError(this.#folder, column)
    return prefix
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#db.status !== 'open') throw closedError(this.#folder)
    try {
      return await work()
    } catch (error) {
      throw stateStoreError(error, this.#folder)
    }
  }
}

/** Without its CURRENT file LevelDB begins anew over what logs it finds: old offsets beside missing data. */
async function refuseWithoutCurrent(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  if (names.includes('CURRENT') || !names.some((name) => /\.(log|ldb)$/.test(name))) return
  throw new Error('Corruption: the CURRENT file is missing')
}

/** State in LevelDB: for platforms for which RocksDB's native module is not built. Columns share one key space. */
export const levelEngine: StateEngine = {
  name: 'level',
  async open(folder, columns) {
    try {
      await refuseWithoutCurrent(folder)
      const db: BytesLevel = new Level<Buffer, Buffer>(folder, bytes)
      await db.open()
      return new LevelDb(folder, db, columns)
    } catch (error) {
      throw stateStoreError(error, folder)
    }
  },
  destroy: removeFolder,
}
