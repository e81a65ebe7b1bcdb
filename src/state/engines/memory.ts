import { StateStoreError } from '../../errors.ts'
import type { Change, Entry, KeyRange, StateDb, StateEngine } from '../engine.ts'
import { closedError, columnError } from './failures.ts'
import { isEmptyRange } from './key-range.ts'
import { SortedBytes } from './sorted-bytes.ts'

/** What a folder holds: outlives the database object, so that a task that opens it again finds its state. */
interface MemoryFolder {
  readonly columns: Map<string, SortedBytes>
  open: boolean
}

class MemoryDb implements StateDb {
  readonly #name: string
  readonly #folder: MemoryFolder
  readonly #columns: ReadonlyMap<string, SortedBytes>
  #open = true

  constructor(name: string, folder: MemoryFolder, columns: readonly string[]) {
    this.#name = name
    this.#folder = folder
    for (const column of columns) {
      if (!folder.columns.has(column)) folder.columns.set(column, new SortedBytes())
    }
    this.#columns = new Map(columns.map((column) => [column, folder.columns.get(column)!]))
  }

  async getMany(column: string, keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    const held = this.#column(column)
    return keys.map((key) => held.get(key))
  }

  getSync(column: string, key: Buffer): Buffer | undefined {
    return this.#column(column).get(key)
  }

  async getRanges(column: string, ranges: readonly KeyRange[]): Promise<Entry[][]> {
    const held = this.#column(column)
    return ranges.map((range) => (isEmptyRange(range) ? [] : held.range(range)))
  }

  async write(changes: readonly Change[]): Promise<void> {
    const held = changes.map((change) => this.#column(change.column))
    for (const [n, { key, value }] of changes.entries()) {
      if (value === null) held[n]!.delete(key)
      else held[n]!.set(key, value)
    }
  }

  async deleteRange(column: string, range: { readonly gte: Buffer; readonly lt: Buffer }): Promise<void> {
    const held = this.#column(column)
    if (!isEmptyRange(range)) for (const { key } of held.range(range)) held.delete(key)
  }

  async approximateBytes(): Promise<number> {
    if (!this.#open) throw closedError(this.#name)
    let total = 0
    for (const column of this.#folder.columns.values()) total += column.bytes
    return total
  }

  async close(): Promise<void> {
    if (this.#open) this.#folder.open = false
    this.#open = false
  }

  #column(name: string): SortedBytes {
    if (!this.#open) throw closedError(this.#name)
    const column = this.#columns.get(name)
    if (column === undefined) throw columnError(this.#name, name)
    return column
  }
}

/**
 * State in memory: for tests, back-tests and trials. It lives as long as this engine object, by folder name, and is gone
 * with the process; nothing is written to disk.
 */
export function memoryEngine(): StateEngine {
  const folders = new Map<string, MemoryFolder>()
  return {
    name: 'memory',
    async open(name, columns) {
      const folder = folders.get(name) ?? { columns: new Map(), open: false }
      if (folder.open) {
        throw new StateStoreError('store-locked', `the state in ${name} is open already; close it first`)
      }
      folders.set(name, folder)
      folder.open = true
      return new MemoryDb(name, folder, columns)
    },
    async destroy(name) {
      folders.delete(name)
    },
  }
}
