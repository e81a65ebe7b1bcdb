import { isObject } from './records.ts'

/** The lists that control records change, as they stand in one partition; items are texts and stay for good. */
export class OracleLists {
  readonly #lists = new Map<string, Set<string>>()

  /** `{list, op: add | remove | set, items}`. */
  apply(change: Readonly<Record<string, unknown>>): void {
    const { list, op, items } = change
    if (typeof list !== 'string' || !Array.isArray(items) || isObject(items)) return
    const known = op === 'set' ? new Set<string>() : (this.#lists.get(list) ?? new Set<string>())
    this.#lists.set(list, known)
    for (const item of items) op === 'remove' ? known.delete(String(item)) : known.add(String(item))
  }

  has(list: string, item: string): boolean {
    return this.#lists.get(list)?.has(item) === true
  }
}
