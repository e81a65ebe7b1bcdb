import type { EventDef } from '../rule-set.ts'
import { type FieldShape, longEventSchema, shortEventSchema } from '../schema.ts'
import { type FieldType, parseFieldType } from '../value-type.ts'
import { sourceOf } from './issues.ts'
import type { Known, Names } from './names.ts'
import type { Named } from './sections.ts'
import { checkShape } from './shape.ts'
import type { Place } from './source-file.ts'
import { entryOf, type Tree } from './tree.ts'

/** Every event has these, from its record and not from its payload. */
const reservedFields = ['time', 'id', 'type']

export function buildEvents(events: readonly Named[], names: Names): void {
  for (const event of events) names.events.set(event.name, buildEvent(event, names))
}

/** An entry whose `fields` is a map is the long form. */
const isLong = (tree: Tree): boolean => entryOf(tree, 'fields')?.value.kind === 'map'

function buildEvent({ name, key, value }: Named, names: Names): Known<EventDef> {
  const { issues } = names
  if (!checkTypeName(name, key, names)) return 'broken'
  const long = isLong(value) ? checkShape(longEventSchema, value, issues) : undefined
  const short = isLong(value) ? undefined : checkShape(shortEventSchema, value, issues)
  const shapes = long?.fields ?? short
  if (shapes === undefined) return 'broken'
  const tree = long === undefined ? value : entryOf(value, 'fields')!.value
  const fields = buildFields(shapes, tree, names, reservedFields)
  if (fields === undefined) return 'broken'
  const dedupe = long?.dedupe !== 'off' && long?.dedupe !== false
  return { type: name, dedupe, fields, source: sourceOf(key) }
}

function checkTypeName(name: string, key: Place, names: Names): boolean {
  if (name === '' || name.length > 249) {
    names.issues.error(key, 'bad-name', 'an event type has 1 to 249 characters')
    return false
  }
  if (!name.startsWith('feature.')) return true
  const hint = 'such events are written by global features, and are known without being declared'
  names.issues.error(key, 'reserved-event', 'an event type cannot begin with feature.', hint)
  return false
}

const mostFields = 500

/** Fields with their types; undefined when one of them has a problem. */
export function buildFields(
  shapes: Readonly<Record<string, FieldShape>>,
  tree: Tree,
  names: Names,
  reserved: readonly string[] = [],
): Map<string, FieldType> | undefined {
  const fields = new Map<string, FieldType>()
  for (const [name, shape] of Object.entries(shapes)) {
    if (fields.size >= mostFields) {
      names.issues.error(entryOf(tree, name)?.key ?? tree, 'too-many', `a type has at most ${mostFields} fields`)
      return undefined
    }
    if (reserved.includes(name)) {
      const hint = `every event has e.${name} from its record: rename the payload's field, or leave it out`
      names.issues.error(entryOf(tree, name)?.key ?? tree, 'reserved-field', `a field cannot be called ${name}`, hint)
      return undefined
    }
    const text = typeof shape === 'string' ? shape : shape.type
    const pii = typeof shape === 'string' ? false : shape.pii === true
    fields.set(name, { ...parseFieldType(text)!, pii })
  }
  return fields
}
