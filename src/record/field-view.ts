const noBytes = Buffer.alloc(0)

/** Bytes that are read where they lie in a larger memory: `bytes[from, to)`. */
export class FieldView {
  bytes: Buffer
  from = 0
  to: number

  constructor(bytes: Buffer = noBytes) {
    this.bytes = bytes
    this.to = bytes.length
  }

  get length(): number {
    return this.to - this.from
  }

  moveTo(bytes: Buffer, from = 0, to = bytes.length): void {
    this.bytes = bytes
    this.from = from
    this.to = to
  }

  equals(other: Buffer): boolean {
    const { bytes, from, to } = this
    if (other.length !== to - from) return false
    for (let at = 0; at < other.length; at++) if (other[at] !== bytes[from + at]) return false
    return true
  }

  text(encoding: 'utf8' | 'latin1' = 'utf8'): string {
    return this.bytes.toString(encoding, this.from, this.to)
  }
}

/** A record that can show its fields without making a Buffer of each. */
export interface Viewable {
  /** False, and the view where it was, when the key is null. */
  viewKey(view: FieldView): boolean
  /** False, and the view where it was, when the value is null. */
  viewValue(view: FieldView): boolean
  /** False, and the view where it was, when there is no such header. */
  viewHeader(name: string, view: FieldView): boolean
}
