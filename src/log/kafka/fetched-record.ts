import type { FieldView, Viewable } from '../../record/field-view.ts'
import type { Headers, LogRecord, TopicPartition } from '../../record/record.ts'
import { HeaderPlaces } from './header-places.ts'
import { VarIntReader } from './var-ints.ts'

const noHeaders: Headers = Object.freeze({})
const varInts = new VarIntReader()
const places = new HeaderPlaces()

/**
 * A record as it lies in a fetch's memory. Key, value and headers become views of that memory when somebody asks for them:
 * most records of most topics are dropped by their headers, and until then a batch of them is little more than numbers.
 */
export class FetchedRecord implements LogRecord, Viewable {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly #bytes: Buffer
  /** Of the key's length, behind which are the key, the value and the headers. */
  readonly #at: number
  #value: Buffer | null | undefined
  #headers: Headers | undefined

  constructor(
    { topic, partition }: TopicPartition,
    { offset, timestampMs }: Pick<LogRecord, 'offset' | 'timestampMs'>,
    bytes: Buffer,
    at: number,
  ) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.timestampMs = timestampMs
    this.#bytes = bytes
    this.#at = at
  }

  get inPlace(): Viewable {
    return this
  }

  get key(): Buffer | null {
    varInts.at = this.#at
    return this.#readField()
  }

  get value(): Buffer | null {
    if (this.#value === undefined) {
      varInts.at = this.#at
      this.#skipField()
      this.#value = this.#readField()
    }
    return this.#value
  }

  get headers(): Headers {
    this.#headers ??= this.#readHeaders()
    return this.#headers
  }

  viewKey(view: FieldView): boolean {
    varInts.at = this.#at
    const length = varInts.read(this.#bytes)
    if (length < 0) return false
    view.moveTo(this.#bytes, varInts.at, varInts.at + length)
    return true
  }

  viewHeader(name: string, view: FieldView): boolean {
    this.#findHeaders()
    return places.view(name, view)
  }

  #findHeaders(): void {
    if (places.isOf(this)) return
    varInts.at = this.#at
    this.#skipField()
    this.#skipField()
    places.find(this, this.#bytes, varInts)
  }

  #readHeaders(): Headers {
    this.#findHeaders()
    return places.count === 0 ? noHeaders : places.all()
  }

  #readField(): Buffer | null {
    const length = varInts.read(this.#bytes)
    return length < 0 ? null : this.#bytes.subarray(varInts.at, varInts.at + length)
  }

  #skipField(): void {
    const length = varInts.read(this.#bytes)
    if (length > 0) varInts.at += length
  }
}
