import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogDatabase } from '../../../src/log/embedded/database.ts'
import { EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { PartitionReader, TransactionalProducer } from '../../../src/log/log.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { ManualClock } from '../../../src/time/clock.ts'
import { apply, createCompacted, entry, sorted } from './compacted.ts'
import { FlakyDatabase } from './flaky-database.ts'
import { at, readAll } from './records.ts'

interface Change {
  readonly key: number
  readonly deleted: boolean
}

type Op =
  | { readonly kind: 'send'; readonly changes: readonly Change[] }
  | { readonly kind: 'transact'; readonly session: number; readonly changes: readonly Change[] }
  | { readonly kind: 'end'; readonly session: number; readonly how: 'commit' | 'abort' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'wait' }

const tombstoneMs = 1_000
const changes = fc.array(fc.record({ key: fc.nat(11), deleted: fc.boolean() }), { minLength: 1, maxLength: 12 })
const session = fc.nat(1)
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send'), changes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('transact'), session, changes }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end'), session, how: fc.constantFrom('commit', 'abort') }) },
  { weight: 1, arbitrary: fc.constant<Op>({ kind: 'restart' }) },
  { weight: 2, arbitrary: fc.constant<Op>({ kind: 'wait' }) },
)

/** A compacted partition beside everything that was ever written to it, and a reader that is always behind. */
class Compared {
  readonly #db = new FlakyDatabase()
  readonly #clock = new ManualClock()
  readonly #written = new Map<number, OutgoingRecord>()
  readonly #committed = new Set<number>()
  readonly #slow = new Map<string, string>()
  #log!: EmbeddedLog
  #reader: PartitionReader | undefined
  #sessions: (TransactionalProducer | undefined)[] = []
  #open: number[][] = []
  #values = 0

  async start(): Promise<void> {
    const compaction = { minRecords: 20, maxKeys: 5, stepBytes: 100 }
    this.#log = await EmbeddedLog.open(inSmallSteps(this.#db), this.#clock, { compaction })
    await createCompacted(this.#log, { 'delete.retention.ms': String(tombstoneMs) })
    this.#sessions = []
    this.#open = [[], []]
    const offset = this.#reader?.position ?? 0
    this.#reader = await this.#log.openReader({ ...at, offset, isolation: 'read-committed', maxBytes: 100 })
  }

  stop(): Promise<void> {
    return this.#log.close()
  }

  async run(op: Op): Promise<void> {
    if (op.kind === 'send') {
      const producer = await this.#log.openProducer()
      for (const offset of await this.#send(producer, op.changes)) this.#committed.add(offset)
    }
    if (op.kind === 'transact') {
      this.#sessions[op.session] ??= await this.#log.openTransactionalProducer({
        transactionalId: `task-${op.session}`,
        transactionTimeoutMs: 1e9,
      })
      this.#open[op.session]!.push(...(await this.#send(this.#sessions[op.session]!, op.changes)))
    }
    if (op.kind === 'end') {
      await this.#sessions[op.session]?.[op.how]()
      if (op.how === 'commit') for (const offset of this.#open[op.session]!) this.#committed.add(offset)
      this.#open[op.session] = []
    }
    if (op.kind === 'restart') {
      await this.stop()
      await this.start()
    }
    if (op.kind === 'wait') {
      await this.#compare()
      this.#clock.advance(tombstoneMs)
    }
    apply((await this.#reader!.poll(0)).records, this.#slow)
  }

  async check(): Promise<void> {
    for (const how of [0, 1]) await this.#sessions[how]?.abort()
    const expected = await this.#compare()
    const end = await this.#log.endOffset(at, 'read-committed')
    while (this.#reader!.position < end) apply((await this.#reader!.poll(0)).records, this.#slow)
    expect(sorted(this.#slow)).toEqual(expected)
  }

  /** What can be read now, with what was written. */
  async #compare(): Promise<[string, string][]> {
    const end = await this.#log.endOffset(at, 'read-committed')
    const visible = [...this.#written].filter(([offset]) => offset < end && this.#committed.has(offset))
    const expected = sorted(apply(visible.sort(([a], [b]) => a - b).map(([, record]) => record)))
    const records = await readAll(this.#log)
    for (const record of records) this.#isAsWritten(record)
    expect(sorted(apply(records))).toEqual(expected)
    return expected
  }

  async #send(to: Pick<TransactionalProducer, 'send'>, changes: readonly Change[]): Promise<readonly number[]> {
    const records = changes.map(({ key, deleted }) => entry(`${key}`, deleted ? null : `${this.#values++}`))
    const offsets = await to.send(records)
    for (const [i, offset] of offsets.entries()) this.#written.set(offset, records[i]!)
    return offsets
  }

  #isAsWritten({ offset, key, value, headers }: LogRecord): void {
    expect(this.#committed).toContain(offset)
    const written = this.#written.get(offset)!
    expect({ key, value, headers }).toEqual({ key: written.key, value: written.value, headers: written.headers })
  }
}

/** Two rows a read: so that the borders of steps fall everywhere. */
function inSmallSteps(db: FlakyDatabase): LogDatabase {
  return {
    ...db.asDatabase(),
    iterator(options) {
      const iterator = db.iterator(options)
      return { nextv: () => iterator.nextv(2), all: () => iterator.all(), close: () => iterator.close() }
    },
  }
}

describe('a compacted partition', () => {
  it('restores to what all committed records restore to, for new and for slow readers', async () => {
    const runs = Number(process.env['WEIR_PROPERTY_RUNS'] ?? 100)
    await fc.assert(
      fc.asyncProperty(fc.array(op, { minLength: 20, maxLength: 120 }), async (ops) => {
        const compared = new Compared()
        await compared.start()
        try {
          for (const each of ops) await compared.run(each)
          await compared.check()
        } finally {
          await compared.stop()
        }
      }),
      { numRuns: runs },
    )
  })
})
