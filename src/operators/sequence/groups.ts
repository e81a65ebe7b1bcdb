import type { IndexField, PlaceDef, SequenceDef } from './definition.ts'

/**
 * Joins index groups that meet in one field of a step: a = b and b = c make one group of three, so that whichever of them
 * arrives can look the others up. A `not` joins no groups of steps: what it equals says nothing when there is none.
 */
export function joinGroups<E>(def: SequenceDef<E>): SequenceDef<E> {
  const joined = new Map<string, string>()
  const nameOf = (group: string): string => joined.get(group) ?? group
  for (const step of def.steps) {
    const byField = new Map<string, string>()
    for (const [group, { field }] of Object.entries(step.index ?? {})) {
      const first = byField.get(field)
      if (first === undefined) byField.set(field, nameOf(group))
      else if (
        first !== nameOf(group) &&
        canJoin([...def.steps, ...(def.nots ?? [])], { groups: [first, nameOf(group)], nameOf })
      ) {
        const old = nameOf(group)
        for (const name of new Set(def.steps.flatMap((other) => Object.keys(other.index ?? {})))) {
          if (nameOf(name) === old) joined.set(name, first)
        }
      }
    }
  }
  if (joined.size === 0) return def
  const rename = <P extends { readonly index?: Readonly<Record<string, IndexField<E>>> }>(place: P): P =>
    place.index === undefined
      ? place
      : {
          ...place,
          index: Object.fromEntries(Object.entries(place.index).map(([group, field]) => [nameOf(group), field])),
        }
  return { ...def, steps: def.steps.map(rename), ...(def.nots === undefined ? {} : { nots: def.nots.map(rename) }) }
}

/** Two groups stay apart when some place has different fields in them: a group has one field a place. */
function canJoin<E>(
  places: readonly PlaceDef<E>[],
  { groups, nameOf }: { readonly groups: readonly string[]; readonly nameOf: (group: string) => string },
): boolean {
  return places.every((place) => {
    const fields = Object.entries(place.index ?? {}).filter(([group]) => groups.includes(nameOf(group)))
    return new Set(fields.map(([, { field }]) => field)).size <= 1
  })
}
