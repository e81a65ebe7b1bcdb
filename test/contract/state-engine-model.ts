import fc from 'fast-check'
import type { Change, KeyRange } from '../../src/state/engine.ts'

export type ModelOp =
  | { readonly type: 'write'; readonly changes: readonly Change[] }
  | { readonly type: 'get'; readonly column: string; readonly keys: readonly Buffer[] }
  | { readonly type: 'range'; readonly column: string; readonly range: KeyRange }
  | { readonly type: 'reopen' }

// Few different bytes, so that keys meet and are prefixes of each other; the ones at the edges of signedness.
const key = fc.array(fc.constantFrom(0, 1, 0x61, 0x7f, 0x80, 0xff), { maxLength: 3 }).map((bytes) => Buffer.from(bytes))
const value = fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes))
const column = fc.constantFrom('a', 'b')
const change = fc.record({ column, key, value: fc.option(value, { freq: 3 }) })
const range = fc.record(
  { gte: key, lt: key, reverse: fc.boolean(), limit: fc.nat({ max: 6 }) },
  { requiredKeys: ['gte'] },
) as fc.Arbitrary<KeyRange>

/** Writes, reads and reopenings in any order. */
export const modelOps: fc.Arbitrary<ModelOp[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ type: fc.constant('write' as const), changes: fc.array(change, { maxLength: 12 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('get' as const), column, keys: fc.array(key, { maxLength: 5 }) }),
    },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('range' as const), column, range }) },
    { weight: 1, arbitrary: fc.constant({ type: 'reopen' as const }) },
  ),
  { maxLength: 25 },
)

/** The naive engine: hex strings order like the bytes they spell. */
export function entriesByKeyModel() {
  const columns = new Map<string, Map<string, string>>()
  const entriesOf = (name: string) => columns.get(name) ?? new Map<string, string>()
  return {
    write(changes: readonly Change[]): void {
      for (const { column: name, key: at, value: bytes } of changes) {
        const entries = entriesOf(name)
        columns.set(name, entries)
        if (bytes === null) entries.delete(at.toString('hex'))
        else entries.set(at.toString('hex'), bytes.toString('hex'))
      }
    },
    get: (name: string, at: Buffer): string | undefined => entriesOf(name).get(at.toString('hex')),
    range(name: string, { gte, lt, reverse = false, limit = Number.POSITIVE_INFINITY }: KeyRange): [string, string][] {
      const from = gte.toString('hex')
      const to = lt?.toString('hex')
      const within = [...entriesOf(name)]
        .filter(([at]) => at >= from && (to === undefined || at < to))
        .sort(([x], [y]) => (x < y ? -1 : 1))
      return (reverse ? within.reverse() : within).slice(0, limit)
    },
  }
}
