import type { ListDef, ListItem } from '../rule-set.ts'
import { controlListSchema, staticListSchema } from '../schema.ts'
import type { ScalarValueType } from '../value-type.ts'
import { sourceOf } from './issues.ts'
import type { Known, Names } from './names.ts'
import type { Named } from './sections.ts'
import { checkShape } from './shape.ts'
import { entryOf, treeAt } from './tree.ts'

export function buildLists(lists: readonly Named[], names: Names): void {
  for (const list of lists) {
    const built = buildList(list, names)
    if (built === 'broken') {
      names.declaredLists.set(list.name, { from: 'static', items: new Set(), type: undefined })
      continue
    }
    names.lists.set(list.name, built)
    const [first] = built.items
    names.declaredLists.set(list.name, { ...built, type: first === undefined ? undefined : typeOf(first) })
  }
}

const typeOf = (item: ListItem): ScalarValueType =>
  typeof item === 'string' ? 'string' : typeof item === 'number' ? 'double' : 'bool'

function buildList({ name, key, value }: Named, names: Names): Known<ListDef> {
  if (entryOf(value, 'from') !== undefined) {
    const control = checkShape(controlListSchema, value, names.issues)
    return control === undefined ? 'broken' : { name, from: 'control', items: new Set(), source: sourceOf(key) }
  }
  const shape = checkShape(staticListSchema, value, names.issues)
  if (shape === undefined) return 'broken'
  const [first] = shape.items
  const other = shape.items.findIndex((item) => first !== undefined && typeOf(item) !== typeOf(first))
  if (other !== -1) {
    const place = treeAt(value, ['items', other])
    const hint = 'a text that looks like a number needs quotes'
    names.issues.error(place, 'list-mixed', 'the items of a list must all be texts, or all numbers', hint)
    return 'broken'
  }
  // -0 and 0 are one number.
  const items = shape.items.map((item) => (typeof item === 'number' ? item + 0 : item))
  return { name, from: 'static', items: new Set(items), source: sourceOf(key) }
}
