import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PackedBytes } from '../../src/state/packed-bytes.ts'
import { PendingRows } from '../../src/state/pending-rows.ts'
import { WindowPageWriter } from '../../src/state/window-page.ts'
import type { Rows } from '../../src/state/window-rows.ts'

interface Put {
  readonly key: string
  readonly timeMs: number
  readonly offset: number
  readonly value: PackedBytes
}

type Op =
  | { readonly kind: 'put'; readonly put: Put }
  | { readonly kind: 'seal' | 'drain' | 'apply' | 'clear' }
  | { readonly kind: 'ask'; readonly key: string }

const keys = ['a', 'b', 'ab', 'é', '']
/** Two keys share each hash. */
const hashOf = (key: string): number => 0xfffffff0 + (keys.indexOf(key) >> 1)

function entriesOf(rows: Rows): [number, number, PackedBytes][] {
  return Array.from({ length: rows.length }, (_, n) => [rows.timeAt(n), rows.offsetAt(n), rows.bytesAt(n)])
}

/** Pages as a store fills them, and beside them a plain list of what was put. */
class Rig {
  readonly #pending: PendingRows
  readonly #writer = new WindowPageWriter()
  #open: Put[] = []
  #sealed: Put[] = []
  #batches: Put[][] = []

  constructor(firstRow: number) {
    this.#pending = new PendingRows(firstRow)
  }

  run(op: Op): void {
    switch (op.kind) {
      case 'put':
        this.#pending.add(hashOf(op.put.key), this.#writer.add(op.put.key, op.put, op.put.value))
        this.#open.push(op.put)
        break
      case 'seal':
        this.#seal()
        break
      case 'drain':
        this.#seal()
        this.#pending.drained()
        this.#batches.push(this.#sealed)
        this.#sealed = []
        break
      case 'apply':
        if (this.#batches.shift() !== undefined) this.#pending.applied()
        break
      case 'clear':
        this.#writer.take()
        this.#pending.clear()
        this.#open = []
        this.#sealed = []
        this.#batches = []
        break
      case 'ask':
        expect(entriesOf(this.#pending.rowsOf(op.key, hashOf(op.key), 7))).toEqual(this.#expected(op.key))
    }
  }

  #seal(): void {
    if (this.#writer.isEmpty) return
    this.#pending.seal(this.#writer.take())
    this.#sealed.push(...this.#open)
    this.#open = []
  }

  #expected(key: string): [number, number, PackedBytes][] {
    const rows = new Map<string, [number, number, PackedBytes]>()
    for (const put of [...this.#batches.flat(), ...this.#sealed])
      if (put.key === key) rows.set(`${put.timeMs} ${put.offset}`, [put.timeMs, put.offset, put.value])
    return [...rows.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  }
}

const key = fc.constantFrom(...keys)
const put = fc.record({
  key,
  timeMs: fc.integer({ min: -3, max: 3 }),
  offset: fc.integer({ min: 0, max: 3 }),
  value: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 5 }),
})
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: put.map((one): Op => ({ kind: 'put', put: one })) },
  { weight: 8, arbitrary: key.map((one): Op => ({ kind: 'ask', key: one })) },
  { weight: 6, arbitrary: fc.constantFrom<Op>({ kind: 'seal' }, { kind: 'drain' }, { kind: 'apply' }) },
  { weight: 1, arbitrary: fc.constant<Op>({ kind: 'clear' }) },
)

describe('rows on their way', () => {
  test('are those of the pages that the database does not have, the newest of each time and offset', () => {
    const firstRows = fc.constantFrom(1, 2 ** 32 - 20, 2 ** 33 - 3)
    fc.assert(
      fc.property(firstRows, fc.array(op, { maxLength: 80 }), (firstRow, ops) => {
        const rig = new Rig(firstRow)
        for (const one of ops) rig.run(one)
        for (const one of keys) rig.run({ kind: 'ask', key: one })
      }),
      { numRuns: 500 },
    )
  })

  test('are found among thousands, while batches come and go', () => {
    const rig = new Rig(2 ** 32 - 3_000)
    for (let n = 0; n < 20_000; n++) {
      const of = keys[n % 5]!
      rig.run({ kind: 'put', put: { key: of, timeMs: n % 977, offset: n % 13, value: String(n) } })
      if (n % 500 === 499) rig.run({ kind: 'drain' })
      if (n % 500 === 250 && n > 3_000) rig.run({ kind: 'apply' })
      if (n % 2_500 === 0) rig.run({ kind: 'ask', key: of })
    }
    for (const one of keys) rig.run({ kind: 'ask', key: one })
  })
})
