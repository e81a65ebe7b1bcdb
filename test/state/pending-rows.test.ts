import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { PackedSerde } from '../../src/record/serde.ts'
import type { PackedBytes } from '../../src/state/packed-bytes.ts'
import { PendingRows } from '../../src/state/pending-rows.ts'
import { PendingWalk, type WalkedKey } from '../../src/state/pending-walk.ts'
import type { WalkSpan } from '../../src/state/row-walk.ts'
import type { WindowEntry } from '../../src/state/stores.ts'
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
  | { readonly kind: 'ask'; readonly key: string; readonly fromMs: number; readonly toMs: number }

const keys = ['a', 'b', 'ab', 'é', '']
/** Two keys share each hash. */
const hashOf = (key: string): number => 0xfffffff0 + (keys.indexOf(key) >> 1)

const soughtAs = (key: string): WalkedKey => ({ key, hash: hashOf(key), outgrow() {} })

/** Bytes as they lie. */
const bytesSerde: PackedSerde<PackedBytes> = { serialize: (bytes) => bytes, deserialize: (bytes) => bytes }

function entriesOf(rows: Rows): [number, number, PackedBytes][] {
  return Array.from({ length: rows.length }, (_, n) => [rows.timeAt(n), rows.offsetAt(n), rows.bytesAt(n)])
}

function given(walk: Iterable<WindowEntry<PackedBytes>>): [number, number, PackedBytes][] {
  return Array.from(walk, ({ timeMs, offset, value }) => [timeMs, offset, value])
}

/** Pages as a store fills them, and beside them a plain list of what was put. */
class Rig {
  readonly #pending: PendingRows
  readonly #writer = new WindowPageWriter()
  #put: Put[] = []
  #batches: Put[][] = []

  constructor(firstRow: number) {
    this.#pending = new PendingRows(this.#writer, firstRow)
  }

  run(op: Op): void {
    switch (op.kind) {
      case 'put':
        this.#pending.add(hashOf(op.put.key), this.#writer.add(op.put.key, op.put, op.put.value), op.put.timeMs)
        this.#put.push(op.put)
        break
      case 'seal':
        this.#seal()
        break
      case 'drain':
        this.#seal()
        this.#pending.drained()
        this.#batches.push(this.#put)
        this.#put = []
        break
      case 'apply':
        if (this.#batches.shift() !== undefined) this.#pending.applied()
        break
      case 'clear':
        this.#writer.take()
        this.#pending.clear()
        this.#put = []
        this.#batches = []
        break
      case 'ask':
        this.#ask(op.key, op.fromMs, op.toMs)
    }
  }

  /** Puts on in the middle of walks: they go on as if there was nothing new. */
  askAndPut(ask: Op & { readonly kind: 'ask' }, puts: readonly Put[]): void {
    const { key, fromMs, toMs } = ask
    const expected = this.#expected(key, fromMs, toMs)
    const walks = ([1, -1] as const).map((step) => this.#walk(key, { fromMs, toMs, step })[Symbol.iterator]())
    const met: unknown[][] = walks.map(() => [])
    for (const put of [...puts, ...Array.from(expected, () => undefined)]) {
      for (const [n, walk] of walks.entries()) {
        const { done, value } = walk.next()
        if (done !== true) met[n]!.push([value.timeMs, value.offset, value.value])
      }
      if (put !== undefined) this.run({ kind: 'put', put })
      else this.#seal()
    }
    expect(met).toEqual([expected, expected.toReversed()])
  }

  #ask(key: string, fromMs: number, toMs: number): void {
    expect(entriesOf(this.#pending.rowsOf(soughtAs(key), 7))).toEqual(this.#expected(key))
    const expected = this.#expected(key, fromMs, toMs)
    expect(given(this.#walk(key, { fromMs, toMs, step: 1 }))).toEqual(expected)
    expect(given(this.#walk(key, { fromMs, toMs, step: -1 }))).toEqual(expected.toReversed())
  }

  #walk(key: string, span: WalkSpan): PendingWalk<PackedBytes> {
    return new PendingWalk(this.#pending, soughtAs(key), span, bytesSerde)
  }

  #seal(): void {
    if (!this.#writer.isEmpty) this.#pending.seal(this.#writer.take())
  }

  #expected(key: string, fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY) {
    const rows = new Map<string, [number, number, PackedBytes]>()
    for (const put of [...this.#batches.flat(), ...this.#put])
      if (put.key === key && put.timeMs >= fromMs && put.timeMs <= toMs)
        rows.set(`${put.timeMs} ${put.offset}`, [put.timeMs, put.offset, put.value])
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
const ask = fc.record({
  kind: fc.constant('ask' as const),
  key,
  fromMs: fc.integer({ min: -4, max: 3 }),
  toMs: fc.integer({ min: -3, max: 4 }),
})
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: put.map((one): Op => ({ kind: 'put', put: one })) },
  { weight: 8, arbitrary: ask },
  { weight: 6, arbitrary: fc.constantFrom<Op>({ kind: 'seal' }, { kind: 'drain' }, { kind: 'apply' }) },
  { weight: 1, arbitrary: fc.constant<Op>({ kind: 'clear' }) },
)
const askForAll = (key: string): Op => ({ kind: 'ask', key, fromMs: -9, toMs: 9_999 })

describe('rows on their way', () => {
  test('are those that the database does not have, the newest put of each time and offset', () => {
    const firstRows = fc.constantFrom(1, 2 ** 32 - 20, 2 ** 33 - 3)
    fc.assert(
      fc.property(firstRows, fc.array(op, { maxLength: 80 }), (firstRow, ops) => {
        const rig = new Rig(firstRow)
        for (const one of ops) rig.run(one)
        for (const one of keys) rig.run(askForAll(one))
      }),
      { numRuns: 500 },
    )
  })

  test('that are put, or sealed, in the middle of a walk do not disturb it', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 30 }), ask, fc.array(put, { maxLength: 20 }), (ops, asked, puts) => {
        const rig = new Rig(1)
        for (const one of ops) rig.run(one)
        rig.askAndPut(asked, puts)
      }),
      { numRuns: 300 },
    )
  })

  test('are found among thousands, while batches come and go', () => {
    const rig = new Rig(2 ** 32 - 3_000)
    for (let n = 0; n < 20_000; n++) {
      const of = keys[n % 5]!
      rig.run({ kind: 'put', put: { key: of, timeMs: n % 977, offset: n % 13, value: String(n) } })
      if (n % 500 === 499) rig.run({ kind: 'drain' })
      if (n % 500 === 250 && n > 3_000) rig.run({ kind: 'apply' })
      if (n % 2_500 === 0) rig.run({ kind: 'ask', key: of, fromMs: 100, toMs: 600 })
    }
    for (const one of keys) rig.run(askForAll(one))
  })
})

describe('a walk over rows on their way', () => {
  const longest = 40
  let looks: number
  let isLong: boolean

  /** Rows of one key, each put with the time that `timeOf` says. */
  function rowsAt(count: number, timeOf: (n: number) => number) {
    const writer = new WindowPageWriter()
    const pending = new PendingRows(writer)
    for (let n = 0; n < count; n++) {
      const row = { timeMs: timeOf(n), offset: n }
      pending.add(7, writer.add('k', row, ''), row.timeMs)
    }
    looks = 0
    isLong = false
    vi.spyOn(pending, 'timeOf').mockImplementation((row) => {
      looks++
      return PendingRows.prototype.timeOf.call(pending, row)
    })
    const key = {
      key: 'k',
      hash: 7,
      outgrow() {
        isLong = true
      },
    }
    return (span: WalkSpan) => new PendingWalk(pending, key, span, bytesSerde)
  }
  const take = (walk: Iterable<WindowEntry<PackedBytes>>, most: number) =>
    Iterator.from(walk)
      .take(most)
      .map(({ offset }) => offset)
      .toArray()

  test('looks no further back than somebody asks', () => {
    const walk = rowsAt(10_000, (n) => n)
    expect(take(walk({ fromMs: 0, toMs: 10_000, step: -1 }), 3)).toEqual([9_999, 9_998, 9_997])
    expect([looks, isLong]).toEqual([3, false])
  })

  test('ends where all rows before are too early', () => {
    const walk = rowsAt(10_000, (n) => n)
    expect(take(walk({ fromMs: 9_995, toMs: 9_999, step: 1 }), longest)).toHaveLength(5)
    expect([looks, isLong]).toEqual([5, false])
  })

  test('looks further where a row came early', () => {
    const walk = rowsAt(100, (n) => (n === 95 ? 105 : n))
    expect(take(walk({ fromMs: 90, toMs: 200, step: -1 }), 3)).toEqual([95, 99, 98])
    expect(isLong).toBe(false)
  })

  test.each([
    ['gives out many rows', (n: number) => n, { fromMs: 0, toMs: 10_000, step: -1 }],
    ['passes many that are too late', (n: number) => n, { fromMs: 0, toMs: 5_000, step: -1 }],
    ['passes many that are too early', (n: number) => (n === 0 ? 9_999 : n), { fromMs: 9_999, toMs: 9_999, step: 1 }],
  ] as const)('says so when it %s', (_, timeOf, span) => {
    const walk = rowsAt(10_000, timeOf)
    take(walk(span), longest)
    expect(isLong).toBe(true)
  })
})
