import type { KeyShape } from './key-shapes.ts'
import type { Place } from './plan.ts'

/** What an event can be in a sequence: one object for all events that fit the same places. */
export class Fit<E> {
  /** The steps that it fills, by position. */
  readonly steps: readonly number[]
  /** The keys under which it is kept: places that share a slot keep it once. */
  readonly copies: readonly KeyShape<E>[]
  readonly isNothing: boolean
  readonly #places: readonly Place<E>[]
  readonly #stepCount: number
  readonly #fits: readonly number[]
  readonly #more: (Fit<E> | undefined)[]

  constructor(places: readonly Place<E>[], stepCount: number, fits: readonly number[] = []) {
    this.steps = fits.filter((position) => position < stepCount)
    this.copies = [...new Set(fits.flatMap((position) => places[position]!.copies))]
    this.isNothing = fits.length === 0
    this.#places = places
    this.#stepCount = stepCount
    this.#fits = fits
    this.#more = places.map(() => undefined)
  }

  /** The same, and the place at a higher position too. */
  with(position: number): Fit<E> {
    this.#more[position] ??= new Fit(this.#places, this.#stepCount, [...this.#fits, position])
    return this.#more[position]
  }
}
