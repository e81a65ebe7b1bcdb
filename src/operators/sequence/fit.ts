import type { IndexField, PlaceDef } from './definition.ts'
import type { KeyShape } from './key-shapes.ts'

/** A step or a `not`, with the keys under which its events are kept: one for each set of fields it is looked up by. */
export interface Place<E> {
  readonly def: PlaceDef<E>
  /** Fields without which an event fits nowhere: those that another step must equal. */
  readonly needed: readonly IndexField<E>[]
  readonly copies: readonly KeyShape<E>[]
}

interface SequenceParts<E> {
  readonly places: readonly Place<E>[]
  /** So many of the places are steps. */
  readonly stepCount: number
  readonly keyCount: number
}

/** What an event can be in a sequence: one object for all events that fit the same places. */
export class Fit<E> {
  /** The steps that it fills, by position. */
  readonly steps: readonly number[]
  /** The keys under which it is kept: places that share a slot keep it once. */
  readonly copies: readonly KeyShape<E>[]
  readonly isNothing: boolean
  /** A place for each of the sequence's keys. */
  readonly noRows: readonly undefined[]
  readonly #sequence: SequenceParts<E>
  readonly #fits: readonly number[]
  readonly #more: (Fit<E> | undefined)[]

  constructor(sequence: SequenceParts<E>, fits: readonly number[] = []) {
    const { places, stepCount, keyCount } = sequence
    this.steps = fits.filter((position) => position < stepCount)
    this.copies = [...new Set(fits.flatMap((position) => places[position]!.copies))]
    this.isNothing = fits.length === 0
    this.noRows = Array.from({ length: keyCount }, () => undefined)
    this.#sequence = sequence
    this.#fits = fits
    this.#more = places.map(() => undefined)
  }

  /** The same, and the place at a higher position too. */
  with(position: number): Fit<E> {
    this.#more[position] ??= new Fit(this.#sequence, [...this.#fits, position])
    return this.#more[position]
  }
}
