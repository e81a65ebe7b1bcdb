export interface Put {
  readonly type: 'put'
  readonly key: Buffer
  readonly value: Buffer
}

export interface Del {
  readonly type: 'del'
  readonly key: Buffer
}

export type Write = Put | Del

/** Bounds of keys: `gte` inclusive, `lt` exclusive. */
export interface KeyRange {
  readonly gte: Buffer
  readonly lt: Buffer
}

export interface RangeOptions extends KeyRange {
  readonly reverse?: boolean
  readonly limit?: number
  readonly highWaterMarkBytes?: number
}

export interface RowIterator {
  /** The next rows, at most `size`; none at the end of the range. */
  nextv(size: number): Promise<[Buffer, Buffer][]>
  all(): Promise<[Buffer, Buffer][]>
  close(): Promise<void>
}

/** What the embedded log needs of a sorted key-value store: any abstract-level database with `buffer` encodings. */
export interface LogDatabase {
  open(): Promise<void>
  close(): Promise<void>
  getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]>
  /** Atomic. With `sync` it survives a power cut once it has resolved. */
  batch(operations: Write[], options: { sync: boolean }): Promise<void>
  clear(range: KeyRange): Promise<void>
  iterator(options: RangeOptions): RowIterator
  /** About how many bytes of files the keys take, deleted ones too. Only databases on a disk have it. */
  approximateSize?(gte: Buffer, lt: Buffer): Promise<number>
  /** Gives the space of deleted and overwritten entries back. */
  compactRange?(gte: Buffer, lt: Buffer): Promise<void>
}
