import type { Prefetch, WindowRows, WindowStore, WindowStoreDef } from '../../state/stores.ts'
import type { KeyedEvent } from './definition.ts'
import type { Fit, Place } from './fit.ts'
import type { KeyShape } from './key-shapes.ts'
import type { SequencePlan } from './plan.ts'

/** Only so many of the newest entries of the span, when `newest` says so. */
export interface AskedSpan {
  readonly fromMs: number
  readonly toMs: number
  readonly newest: number | undefined
}

export interface Asking<E> {
  readonly ask: Prefetch
  readonly store: WindowStoreDef<E>
}

/** An event and what it is in a sequence. */
export class Arrival<E> {
  readonly event: KeyedEvent<E>
  readonly by: string
  readonly fit: Fit<E>
  /** What the store has under the event's keys, by the shapes' numbers. */
  readonly #rows: (WindowRows<E> | undefined)[]

  constructor(event: KeyedEvent<E>, by: string, fit: Fit<E>) {
    this.event = event
    this.by = by
    this.fit = fit
    this.#rows = fit.noRows.slice()
  }

  get offset(): number {
    return this.event.offset
  }

  /** Asks for entries under the key of a shape; for none when the event lacks one of its fields. */
  ask(shape: KeyShape<E>, { fromMs, toMs, newest }: AskedSpan, { ask, store }: Asking<E>): void {
    const known = this.#rows[shape.id]
    if (known !== undefined) return known.ask(fromMs, toMs, newest)
    const key = this.#keyOf(shape)
    if (key !== undefined) this.#rows[shape.id] = ask.fetch(store, key, fromMs, toMs, newest)
  }

  /** What the store has under the key of this shape; `undefined` when the event lacks one of the fields. */
  rowsIn(store: WindowStore<E>, shape: KeyShape<E>): WindowRows<E> | undefined {
    const known = this.#rows[shape.id]
    if (known !== undefined) return known
    const key = this.#keyOf(shape)
    if (key !== undefined) this.#rows[shape.id] = store.at(key)
    return this.#rows[shape.id]
  }

  #keyOf(shape: KeyShape<E>): string | undefined {
    const { key, value } = this.event
    const { by } = this
    let text = `${shape.head}${key.length}:${key}${by.length}:${by}`
    for (const field of shape.fields) {
      const part = field.read(value)
      if (part === undefined) return undefined
      text += `${part.length}:${part}`
    }
    return text
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
