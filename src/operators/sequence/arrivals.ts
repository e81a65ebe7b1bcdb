import type { KeyedEvent } from './definition.ts'
import type { Place, SequencePlan } from './plan.ts'

/** What an event can be in a sequence: the steps it fills and the `not`s it is an event of, by position. */
export interface Arrival {
  readonly by: string
  readonly steps: readonly number[]
  readonly nots: readonly number[]
}

/** `undefined` when the event's own conditions fit nothing: it then costs no read and no write. */
export function arrivalOf<E>(plan: SequencePlan<E>, event: KeyedEvent<E>): Arrival | undefined {
  const steps = fitting(plan.steps, event)
  const nots = fitting(plan.nots, event)
  if (steps.length === 0 && nots.length === 0) return undefined
  const by = plan.def.by === undefined ? '' : plan.def.by(event)
  return by === undefined ? undefined : { by, steps, nots }
}

function fitting<E>(places: readonly Place<E>[], event: KeyedEvent<E>): number[] {
  const positions: number[] = []
  for (const [position, { def, needed }] of places.entries()) {
    // An absent field equals nothing, so the event can fill no place that needs it.
    if (def.matches(event) && needed.every((field) => field.read(event.value) !== undefined)) positions.push(position)
  }
  return positions
}
