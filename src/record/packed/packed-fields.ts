import type { FieldView, Viewable } from '../field-view.ts'
import type { Headers } from '../record.ts'
import { HeaderPlaces } from './header-places.ts'
import { VarIntReader } from './var-ints.ts'

const noHeaders: Headers = Object.freeze({})
const varInts = new VarIntReader()
const places = new HeaderPlaces()

/**
 * A record's key, value and headers as they lie in Kafka's record format, one behind the other. They become views of that
 * memory when somebody asks for them: most records are dropped by their headers or only copied on, and until then one is
 * little more than a number.
 */
export class PackedFields implements Viewable {
  readonly bytes: Buffer
  /** Of the key's length. */
  readonly from: number
  #headers: Headers | undefined

  constructor(bytes: Buffer, from: number) {
    this.bytes = bytes
    this.from = from
  }

  get inPlace(): Viewable {
    return this
  }

  get key(): Buffer | null {
    varInts.at = this.from
    return this.#readField()
  }

  get value(): Buffer | null {
    varInts.at = this.from
    this.#skipField()
    return this.#readField()
  }

  get headers(): Headers {
    this.#headers ??= this.#readHeaders()
    return this.#headers
  }

  viewKey(view: FieldView): boolean {
    varInts.at = this.from
    return this.#viewField(view)
  }

  viewValue(view: FieldView): boolean {
    varInts.at = this.from
    this.#skipField()
    return this.#viewField(view)
  }

  viewHeader(name: string, view: FieldView): boolean {
    this.#findHeaders()
    return places.view(name, view)
  }

  #findHeaders(): void {
    if (places.isOf(this)) return
    varInts.at = this.from
    this.#skipField()
    this.#skipField()
    places.find(this, this.bytes, varInts)
  }

  #readHeaders(): Headers {
    this.#findHeaders()
    return places.count === 0 ? noHeaders : places.all()
  }

  #viewField(view: FieldView): boolean {
    const length = varInts.read(this.bytes)
    if (length < 0) return false
    view.moveTo(this.bytes, varInts.at, varInts.at + length)
    return true
  }

  #readField(): Buffer | null {
    const length = varInts.read(this.bytes)
    return length < 0 ? null : this.bytes.subarray(varInts.at, varInts.at + length)
  }

  #skipField(): void {
    const length = varInts.read(this.bytes)
    if (length > 0) varInts.at += length
  }
}
