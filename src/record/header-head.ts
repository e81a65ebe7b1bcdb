import type { Head, Kind } from './head.ts'
import { headerNames } from './headers.ts'
import { viewOfHeader, viewOfKey } from './in-place.ts'
import type { LogRecord } from './record.ts'

/** A head that decodes id and key when somebody asks: most records are dropped by their type alone. */
export class HeaderHead implements Head {
  readonly kind: Kind
  readonly type: string
  readonly timeMs: number
  readonly #record: LogRecord
  #id: string | undefined
  #key: string | undefined

  /** The record has an id, and it and the key are text (`isText`). */
  constructor(kind: Kind, type: string, timeMs: number, record: LogRecord) {
    this.kind = kind
    this.type = type
    this.timeMs = timeMs
    this.#record = record
  }

  get id(): string {
    this.#id ??= viewOfHeader(this.#record, headerNames.id)!.text()
    return this.#id
  }

  get key(): string {
    this.#key ??= viewOfKey(this.#record)?.text() ?? ''
    return this.#key
  }
}
