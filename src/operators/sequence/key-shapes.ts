import type { IndexField } from './definition.ts'
import { compositeKey } from './typed-key.ts'

/** A key under which a place's events are kept, or looked up, short of record key, `by` and the fields' values. */
export interface KeyShape<E> {
  /** Its number among the sequence's shapes. */
  readonly id: number
  /** How the key's text begins. */
  readonly head: string
  readonly fields: readonly IndexField<E>[]
}

/** The shapes of one sequence: what gives the same key for the same event is the same shape, and made once an event. */
export class KeyShapes<E> {
  readonly #shapes = new Map<string, KeyShape<E>>()

  get count(): number {
    return this.#shapes.size
  }

  /** @param slot of the event whose fields are read: there the same field name means the same value */
  of(prefix: string, slot: string, fields: readonly IndexField<E>[]): KeyShape<E> {
    const reading = fields.length === 0 ? [] : [slot, ...fields.map(({ field }) => field)]
    const name = compositeKey([prefix, ...reading])
    const known = this.#shapes.get(name)
    if (known !== undefined) return known
    const shape = { id: this.#shapes.size, head: compositeKey([prefix]), fields }
    this.#shapes.set(name, shape)
    return shape
  }
}
