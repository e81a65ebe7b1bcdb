import type { WindowStoreDef } from '../../state/stores.ts'
import type { SequenceDef, SequenceStores } from './definition.ts'
import { waitingSerde } from './waiting-serde.ts'

/** How long a sequence needs its events: within + grace (+ the longest `forMs` after the last step). */
export function sequenceRetentionMs<E>(def: Pick<SequenceDef<E>, 'steps' | 'nots' | 'withinMs' | 'graceMs'>): number {
  const last = def.steps.at(-1)?.name
  const trailingMs = (def.nots ?? []).map((not) => (not.after === last ? (not.forMs ?? 0) : 0))
  return def.withinMs + def.graceMs + Math.max(0, ...trailingMs)
}

/** Stores for one sequence alone, named after it. */
export function ownStores<E>(def: SequenceDef<E>): SequenceStores<E> {
  const events: WindowStoreDef<E> = {
    kind: 'window',
    name: `${def.name}-events`,
    serde: def.serde,
    retentionMs: sequenceRetentionMs(def),
  }
  return { events, waiting: { ...events, name: `${def.name}-waiting`, serde: waitingSerde(def.serde) } }
}
