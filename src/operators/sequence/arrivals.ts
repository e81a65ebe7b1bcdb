import type { KeyedEvent } from './definition.ts'
import type { Fit, Place } from './fit.ts'
import type { KeyShape } from './key-shapes.ts'
import type { SequencePlan } from './plan.ts'

/** An event and what it is in a sequence. */
export class Arrival<E> {
  readonly event: KeyedEvent<E>
  readonly by: string
  readonly fit: Fit<E>
  /** By the shapes' numbers. */
  readonly #keys: (string | undefined)[]

  constructor(event: KeyedEvent<E>, by: string, fit: Fit<E>) {
    this.event = event
    this.by = by
    this.fit = fit
    this.#keys = fit.noKeys.slice()
  }

  /** The store's key of this shape; `undefined` when the event lacks one of the fields. */
  keyOf(shape: KeyShape<E>): string | undefined {
    const known = this.#keys[shape.id]
    if (known !== undefined) return known
    const { key, value } = this.event
    const { by } = this
    let text = `${shape.head}${key.length}:${key}${by.length}:${by}`
    for (const field of shape.fields) {
      const part = field.read(value)
      if (part === undefined) return undefined
      text += `${part.length}:${part}`
    }
    this.#keys[shape.id] = text
    return text
  }
}

/**
 * Arrivals that wait for their events to be processed, in the order of offsets. Each leaves its place when it is taken: a list that is
 * dropped with all that is in it would, being old itself, keep that alive until the next full garbage collection.
 */
export class WaitingArrivals<E> {
  readonly #places: (Arrival<E> | undefined)[] = []
  #first = 0
  #end = 0

  add(arrival: Arrival<E>): void {
    this.#places[this.#end++] = arrival
  }

  /** The arrival of the event with this offset, if there is one; those before it are forgotten. */
  take(offset: number): Arrival<E> | undefined {
    let taken: Arrival<E> | undefined
    while (this.#first < this.#end) {
      const next = this.#places[this.#first]!
      if (next.event.offset > offset) break
      if (next.event.offset === offset) taken = next
      this.#places[this.#first++] = undefined
    }
    if (this.#first === this.#end) this.#first = this.#end = 0
    return taken
  }
}

/** `undefined` when the event's own conditions fit nothing: it then costs no read and no write. */
export function arrivalOf<E>(plan: SequencePlan<E>, event: KeyedEvent<E>): Arrival<E> | undefined {
  const { places, def } = plan
  let fit = plan.unfit
  for (let position = 0; position < places.length; position++) {
    if (fits(places[position]!, event)) fit = fit.with(position)
  }
  if (fit.isNothing) return undefined
  const by = def.by === undefined ? '' : def.by(event)
  return by === undefined ? undefined : new Arrival(event, by, fit)
}

function fits<E>({ def, needed }: Place<E>, event: KeyedEvent<E>): boolean {
  if (!def.matches(event)) return false
  // An absent field equals nothing, so the event can fill no place that needs it.
  for (const field of needed) if (field.read(event.value) === undefined) return false
  return true
}
