import type { FieldView } from '../field-view.ts'
import type { Headers } from '../record.ts'
import { HeaderReader } from './header-reader.ts'
import type { VarIntReader } from './var-ints.ts'

const noBytes: Buffer = Buffer.alloc(0)

/** Where the headers of the record looked at last lie: whoever asks for one of its headers soon asks for another. */
export class HeaderPlaces {
  readonly #reader = new HeaderReader()
  readonly #names: string[] = []
  readonly #from: number[] = []
  readonly #to: number[] = []
  #owner: object | undefined
  #bytes = noBytes
  count = 0

  isOf(owner: object): boolean {
    return this.#owner === owner
  }

  /** Walks over the headers of `owner`, whose number lies where `varInts` is. */
  find(owner: object, bytes: Buffer, varInts: VarIntReader): void {
    const count = varInts.read(bytes)
    for (let index = 0; index < count; index++) {
      const nameLength = varInts.read(bytes)
      this.#names[index] = this.#reader.name(bytes, varInts.at, nameLength, index)
      varInts.at += nameLength
      const length = varInts.read(bytes)
      this.#from[index] = varInts.at
      if (length > 0) varInts.at += length
      this.#to[index] = varInts.at
    }
    this.#owner = owner
    this.#bytes = bytes
    this.count = count
  }

  /** Of a header that occurs twice the last one counts. */
  view(name: string, view: FieldView): boolean {
    for (let index = this.count - 1; index >= 0; index--) {
      if (this.#names[index] !== name) continue
      view.moveTo(this.#bytes, this.#from[index]!, this.#to[index]!)
      return true
    }
    return false
  }

  all(): Headers {
    const headers: Record<string, Buffer> = {}
    for (let index = 0; index < this.count; index++) {
      const name = this.#names[index]!
      const value = this.#bytes.subarray(this.#from[index]!, this.#to[index]!)
      if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true })
      else headers[name] = value
    }
    return headers
  }
}
