import { createRequire } from 'node:module'

/**
 * What Weir uses of `@nxtedition/rocksdb`, which ships without types. The methods with an underscore are the ones its
 * own public methods call; they skip abstract-level's encodings and are synchronous.
 */
export interface RocksLevel {
  readonly columns: Readonly<Record<string, RocksColumn>>
  open(options: {
    readonly createIfMissing: boolean
    readonly walCompression: boolean
    readonly columns: Readonly<Record<string, object>>
  }): Promise<void>
  close(): Promise<void>
  batch(): RocksBatch
  _getManySync(keys: readonly Buffer[], options: RocksReadOptions): (Buffer | undefined | null)[]
  /** One range tombstone, written at once. */
  _clear(options: RocksReadOptions & { readonly gte: Buffer; readonly lt: Buffer }): Promise<void>
  querySync(options: RocksQuery): { readonly rows: readonly Buffer[]; readonly finished: boolean }
}

/** A native handle: opaque, and of no use after `close`. */
export interface RocksColumn {
  readonly opaque: unique symbol
}

export interface RocksBatch {
  _put(key: Buffer, value: Buffer, options: { readonly column: RocksColumn }): void
  _del(key: Buffer, options: { readonly column: RocksColumn }): void
  _clear(): void
  _writeSync(options: { readonly sync: boolean }): void
}

export interface RocksReadOptions {
  readonly column: RocksColumn
  readonly valueEncoding: 'buffer'
}

export interface RocksQuery extends RocksReadOptions {
  readonly keyEncoding: 'buffer'
  readonly gte: Buffer
  readonly lt?: Buffer
  readonly reverse: boolean
  readonly limit: number
  readonly fillCache: boolean
}

type RocksLevelClass = new (folder: string) => RocksLevel

let loaded: RocksLevelClass | undefined

/** Loads the native module. @throws Error where there is no binary of it for this platform */
export function loadRocksLevel(): RocksLevelClass {
  if (loaded === undefined) {
    const module = createRequire(import.meta.url)('@nxtedition/rocksdb') as { readonly RocksLevel: RocksLevelClass }
    loaded = module.RocksLevel
  }
  return loaded
}
