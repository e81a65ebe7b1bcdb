import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Producer } from '../../../src/log/log.ts'
import { generateKeys, publicKeysOf } from '../../../src/record/keys.ts'
import { partitionFor } from '../../../src/record/murmur2.ts'
import type { LogRecord, OutgoingRecord } from '../../../src/record/record.ts'
import { signedBy } from '../../../src/rules/authenticity.ts'
import { loadRuleSet } from '../../../src/rules/loader.ts'
import { deadLetterTopic, lateTopic } from '../../../src/rules/operators/sinks.ts'
import type { WeirApp } from '../../../src/runtime/app.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { eventually } from '../eventually.ts'
import { type ScenarioLog, scenarioApp } from '../scenario/suite.ts'
import { type PoisonContext, poisonInputs, recordFor } from './poison-inputs.ts'
import { type PoisonRow, poisonTable } from './poison-table.ts'
import { RecordingMetrics } from './recording-metrics.ts'
import { TopicTail } from './topic-tail.ts'

const partitions = 3
const rules = fileURLToPath(new URL('./poison-rules/', import.meta.url))

interface Outcome {
  /** The record in question, as it was sent. */
  readonly sent: OutgoingRecord
  readonly offset: number
  /** The decision on it. */
  readonly decision?: Decision
  readonly deadLetter?: LogRecord
  readonly late?: LogRecord
  /** The decision on the sound event that followed on the same key, or at least the same partition. */
  readonly next: Decision
}

interface Decision {
  readonly decisionId: string
  readonly absent: readonly string[]
  readonly rows: readonly { readonly table: string; readonly offset: number }[]
  readonly late?: number
}

/** Each row of docs/poison.md on one log: what becomes of the record, and that the next one is decided. */
export function poisonSuite(name: string, open: () => Promise<ScenarioLog>): void {
  describe(`poison on ${name}`, () => {
    const keys = generateKeys()
    const metrics = new RecordingMetrics()
    let at: ScenarioLog
    let app: WeirApp
    let producer: Producer
    let stateDir: string
    let tails: { readonly main: TopicTail; readonly deadLetters: TopicTail; readonly late: TopicTail }
    let actors = 0

    beforeAll(async () => {
      at = await open()
      const { log, mainTopic, applicationId } = at
      const config = { 'retention.ms': '-1', 'max.message.bytes': String(4 << 20) }
      await log.createTopic({ topic: mainTopic, partitions, config })
      stateDir = await mkdtemp(join(tmpdir(), 'weir-poison-'))
      const { publicKey, macSecret } = keys
      const authenticity = signedBy(applicationId, { publicKeys: publicKeysOf([publicKey]), macSecret })
      app = await scenarioApp(at, await loadRuleSet(rules), { stateDir, metrics, authenticity })
      await app.start()
      producer = await log.openProducer()
      tails = {
        main: new TopicTail(log, mainTopic),
        deadLetters: new TopicTail(log, deadLetterTopic(mainTopic)),
        late: new TopicTail(log, lateTopic(mainTopic)),
      }
    })
    afterAll(async () => {
      await app.stop()
      await producer.close()
      await at.dispose()
      await rm(stateDir, { recursive: true, force: true })
    })

    const context = (): PoisonContext => ({
      mainTopic: at.mainTopic,
      partitions,
      applicationId: at.applicationId,
      strangersKey: generateKeys().privateKey,
      strangersSecret: randomBytes(32),
      key: `customer-${++actors}`,
      id: `poison-${actors}`,
      nowMs: systemClock.nowMs(),
    })

    /** A sound event of the same customer, where that one lives on this partition, or else of another. */
    const soundEvent = (like: PoisonContext, partition: number): OutgoingRecord => {
      const isThere = (key: string) => partitionFor(Buffer.from(key), partitions) === partition
      let { key } = like
      for (let n = 0; !isThere(key); n++) key = `${like.key}-neighbour-${n}`
      return recordFor({ ...like, key, id: `${like.id}-next` })
    }

    const send = async (like: PoisonContext, made: OutgoingRecord | readonly OutgoingRecord[]): Promise<Outcome> => {
      const records = Array.isArray(made) ? (made as readonly OutgoingRecord[]) : [made as OutgoingRecord]
      const offset = (await producer.send(records)).at(-1)!
      const sent = records.at(-1)!
      const { partition } = sent
      const [nextOffset] = await producer.send([soundEvent(like, partition)])
      const decisionOn = async (origin: number): Promise<Decision | undefined> => {
        const record = (await tails.main.read(partition)).find(
          ({ headers }) =>
            headers['id']?.toString() === `d:${partition}:${origin}` && headers['app']?.toString() === at.applicationId,
        )
        return record && JSON.parse(record.value!.toString())
      }
      await eventually(async () => expect(await decisionOn(nextOffset!)).toBeDefined())
      const about = ({ headers }: LogRecord) => headers['origin-offset']?.toString() === String(offset)
      const [decision, next] = [await decisionOn(offset), await decisionOn(nextOffset!)]
      const deadLetters = (await tails.deadLetters.read(partition)).filter(about)
      const late = (await tails.late.read(partition)).filter(about)
      expect(deadLetters.length + late.length).toBeLessThanOrEqual(1)
      return {
        sent,
        offset,
        next: next!,
        ...(decision && { decision }),
        ...(deadLetters[0] && { deadLetter: deadLetters[0] }),
        ...(late[0] && { late: late[0] }),
      }
    }

    const bytesAndHeaders = ({ key, value, headers }: OutgoingRecord) => ({ key, value, headers })

    const expectKept = (kept: LogRecord | undefined, { sent, offset }: Outcome): void => {
      expect(kept).toMatchObject({ partition: sent.partition, ...bytesAndHeaders(sent) })
      expect(kept!.headers).toMatchObject({
        'origin-topic': Buffer.from(at.mainTopic),
        'origin-partition': Buffer.from(String(sent.partition)),
        'origin-offset': Buffer.from(String(offset)),
      })
    }

    const expectations: Readonly<Record<PoisonRow['result'], (outcome: Outcome, row: PoisonRow) => void>> = {
      'dead letter': (outcome, { reason }) => {
        expectKept(outcome.deadLetter, outcome)
        expect(outcome.deadLetter!.headers['dead-letter-reason']!.toString()).toBe(reason)
        expect(outcome.deadLetter!.headers['dead-letter-detail']!.toString()).not.toBe('')
        expect(outcome.decision).toBeUndefined()
      },
      decided: ({ decision, deadLetter }) => {
        expect(deadLetter).toBeUndefined()
        expect(decision).toBeDefined()
        expect(decision!.late).toBeUndefined()
      },
      applied: ({ deadLetter, offset, next }) => {
        expect(deadLetter).toBeUndefined()
        expect(next.rows.map((row) => row.offset)).toContain(offset)
      },
      late: (outcome) => {
        expectKept(outcome.late, outcome)
        expect(outcome.decision!.late).toBe(Number(outcome.late!.headers['late-by-ms']!.toString()))
      },
      duplicate: ({ decision, deadLetter, late }) => expect([decision, deadLetter, late]).toEqual(Array(3)),
      dropped: ({ decision, deadLetter, late }) => expect([decision, deadLetter, late]).toEqual(Array(3)),
    }
    const counterOf = {
      'dead letter': 'records.dead_lettered',
      late: 'records.late',
      duplicate: 'records.duplicate',
    } as const

    it.each(poisonTable())('$input: $result $reason', async (row) => {
      const like = context()
      const counter = counterOf[row.result as keyof typeof counterOf]
      const labels = row.reason === undefined ? {} : { reason: row.reason }
      const before = counter && metrics.counted(counter, labels)
      const input = poisonInputs[row.input]
      if (input === undefined) throw new Error(`docs/poison.md has a row "${row.input}" that the test cannot make`)
      const outcome = await send(like, input(like))
      expectations[row.result](outcome, row)
      expect(outcome.next.late).toBeUndefined()
      if (counter) expect(metrics.counted(counter, labels)).toBe(before! + 1)
    })

    it('has a row on the page for each of these inputs', () => {
      expect(
        poisonTable()
          .map(({ input }) => input)
          .sort(),
      ).toEqual(Object.keys(poisonInputs).sort())
    })

    const play = (input: string): Promise<Outcome> => {
      const like = context()
      return send(like, poisonInputs[input]!(like))
    }

    it('lets no value of a column survive that its row has replaced by something unreadable', async () => {
      const { next, offset } = await play('a row with a column of another type')
      expect(next.absent).toContain('t.customers.balance')
      expect(next.absent).not.toContain('t.customers.country')
      expect(next.rows).toMatchObject([{ table: 'customers', offset }])
    })

    it('shows no personal data in what it says of a dead letter', async () => {
      const { deadLetter } = await play('another type in a field with personal data')
      const detail = deadLetter!.headers['dead-letter-detail']!.toString()
      expect(detail).toContain('pan')
      expect(detail).not.toMatch(/4111/)
    })

    it('takes nothing from a prototype', async () => {
      const { decision } = await play('a member `__proto__` with the declared fields in it')
      expect(decision!.absent).toContain('e.amount')
    })

    it('counts what was forged apart', async () => {
      const before = metrics.counted('records.forged')
      await play('a control record without a signature')
      expect(metrics.counted('records.forged')).toBe(before + 1)
    })
  })
}
