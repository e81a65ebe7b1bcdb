import type { JsonObject } from '../../record/payload.ts'
import { parseDuration } from '../../time/duration.ts'
import type { ListItem } from '../rule-set.ts'

/** Items that a control list holds at most. */
export const mostListItems = 100_000
/** A text beyond this is no item: a list is for what conditions compare, not for documents. */
export const longestItemBytes = 1_000

/** What a control record of type `list` says. */
export interface ListChange {
  readonly list: string
  readonly op: 'add' | 'remove' | 'set'
  readonly items: readonly ListItem[]
  /** How long after the record's time the items are in; `undefined` for ever. */
  readonly ttlMs: number | undefined
}

export type ListChangeResult =
  | { readonly ok: true; readonly change: ListChange }
  | { readonly ok: false; readonly detail: string }

const members = ['list', 'op', 'items', 'ttl']
const refused = (detail: string): ListChangeResult => ({ ok: false, detail })

/**
 * Reads the value of a control record of type `list`. It is strict: a member it does not know may be a misspelt `ttl`, and an
 * item that was meant for a week must not stay for ever. Details do not quote items.
 */
export function readListChange(payload: JsonObject): ListChangeResult {
  const unknown = Object.keys(payload).find((name) => !members.includes(name))
  if (unknown !== undefined) return refused(`a list record has no member ${JSON.stringify(unknown.slice(0, 40))}`)
  const { list, op, items, ttl } = payload
  if (typeof list !== 'string' || list === '') return refused('list must be the name of a list')
  if (op !== 'add' && op !== 'remove' && op !== 'set') return refused('op must be add, remove or set')
  if (!Array.isArray(items)) return refused('items must be a list')
  if (items.length > mostListItems) return refused(`a list holds at most ${mostListItems} items`)
  const odd = items.findIndex((item) => !isListItem(item))
  if (odd !== -1) {
    return refused(
      `item ${odd + 1} is no text of at most ${longestItemBytes} bytes, no finite number within 2^53 and no bool`,
    )
  }
  if (ttl === undefined || ttl === null) return { ok: true, change: { list, op, items, ttlMs: undefined } }
  if (op === 'remove') return refused('ttl belongs to add or set: what is removed has no time')
  const ttlMs = typeof ttl === 'string' ? parseDuration(ttl) : undefined
  if (ttlMs === undefined) return refused('ttl must be a duration such as 7d')
  return { ok: true, change: { list, op, items, ttlMs } }
}

function isListItem(item: unknown): item is ListItem {
  if (typeof item === 'boolean') return true
  if (typeof item === 'number') return Number.isFinite(item) && (!Number.isInteger(item) || Number.isSafeInteger(item))
  return typeof item === 'string' && Buffer.byteLength(item) <= longestItemBytes
}
