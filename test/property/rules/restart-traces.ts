import fc from 'fast-check'
import type { OutgoingRecord } from '../../../src/record/record.ts'

const second = 1_000

const paid = fc
  .record({
    card: fc.constantFrom('c', 'c', 'c', 'd'),
    outlet: fc.constantFrom('o', 'o', 'p', 'q'),
    amount: fc.constantFrom(0.1, 0.2, 1, 1.5, 2.5, 1e16, -1e16),
  })
  .map((payload) => ({ kind: 'business', type: 'paid', payload }))
const login = fc.constantFrom('login', 'login', 'confirmed').map((type) => ({ kind: 'business', type, payload: {} }))
const person = fc
  .constantFrom('GB', 'FR', null)
  .map((country) => (country === null ? { op: 'd', before: { id: 'k' } } : { op: 'u', after: { id: 'k', country } }))
  .map((payload) => ({ kind: 'data', type: 'db.people', payload }))
const card = fc
  .record({ card: fc.constantFrom('c', 'd'), limit: fc.constantFrom(0.5, 2, 1e17) })
  .map((after) => ({ kind: 'data', type: 'db.cards', payload: { op: 'u', after } }))
const list = fc
  .record({
    op: fc.constantFrom('add', 'add', 'remove', 'set'),
    items: fc.array(fc.constantFrom('o', 'p', 'q'), { minLength: 1, maxLength: 2 }),
  })
  .map((change) => ({ kind: 'control', type: 'list', payload: { list: 'watched', ...change } }))
const tick = fc.constant({ kind: 'control', type: 'tick', payload: {} })

/** Records of one partition, two customers mostly in order, some late, some twice, with rows, lists and ticks between. */
export const traces = (maxLength: number): fc.Arbitrary<readonly OutgoingRecord[]> =>
  fc
    .array(
      fc.record({
        what: fc.oneof(
          { weight: 10, arbitrary: paid },
          { weight: 4, arbitrary: login },
          { weight: 1, arbitrary: person },
          { weight: 1, arbitrary: card },
          { weight: 1, arbitrary: list },
          { weight: 2, arbitrary: tick },
        ),
        key: fc.constantFrom('k', 'k', 'k', 'l'),
        moveMs: fc.constantFrom(0, 0, 1, second, second, 3 * second, 5 * second, 12 * second),
        backMs: fc.constantFrom(0, 0, 0, 0, 1, 2 * second, 4 * second, 6 * second),
        again: fc.constantFrom(false, false, false, false, false, false, false, true),
      }),
      { minLength: 4, maxLength, size: 'max' },
    )
    .map((drawn) => {
      let nowMs = 100 * second
      const trace: OutgoingRecord[] = []
      for (const [index, { what, key, moveMs, backMs, again }] of drawn.entries()) {
        nowMs += moveMs
        const timeMs = nowMs - backMs
        const { kind, type, payload } = what
        const headers = { kind, type, id: String(index), time: String(timeMs) }
        const record: OutgoingRecord = {
          topic: 'main',
          partition: 0,
          key: kind === 'control' ? null : Buffer.from(key),
          value: Buffer.from(JSON.stringify(payload)),
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
          timestampMs: timeMs,
        }
        trace.push(again ? (trace.at(-1) ?? record) : record)
      }
      return trace
    })
