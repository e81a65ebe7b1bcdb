import type { KeyObject } from 'node:crypto'
import { eventHeaders, type Kind } from '../../../src/record/ingress.ts'
import { decodeLine, lineToRecord } from '../../../src/record/json-lines.ts'
import { partitionFor } from '../../../src/record/murmur2.ts'
import type { Headers, OutgoingRecord } from '../../../src/record/record.ts'
import { signControl } from '../../../src/record/signature.ts'
import { signedBy } from '../../../src/rules/authenticity.ts'

export interface PoisonContext {
  readonly mainTopic: string
  readonly partitions: number
  readonly applicationId: string
  /** Of nobody who may sign. */
  readonly strangersKey: KeyObject
  readonly strangersSecret: Buffer
  /** Used by this input alone. */
  readonly key: string
  readonly id: string
  readonly nowMs: number
}

interface Parts {
  readonly kind?: Kind
  readonly type?: string
  readonly id?: string
  readonly timeMs?: number
  readonly key?: Buffer | null
  /** Bytes or null as they are, text as UTF-8, anything else as JSON. */
  readonly value?: unknown
  /** Instead of, or (undefined) without the headers of that name. */
  readonly headers?: Readonly<Record<string, string | Buffer | undefined>>
  readonly partition?: number
}

/** A sound `paid` event but for what is said. */
export function recordFor(at: PoisonContext, parts: Parts = {}): OutgoingRecord {
  const { kind = 'business', type = 'paid', id = at.id, timeMs = at.nowMs, value = { amount: 10 } } = parts
  const key = parts.key === undefined ? Buffer.from(at.key) : parts.key
  const headers: Record<string, Buffer> = { ...eventHeaders({ kind, type, id, timeMs }) }
  for (const [name, text] of Object.entries(parts.headers ?? {})) {
    if (text === undefined) delete headers[name]
    else headers[name] = Buffer.from(text)
  }
  const partition = parts.partition ?? partitionFor(Buffer.from(at.key), at.partitions)
  return { topic: at.mainTopic, partition, key, value: bytesOf(value), headers }
}

function bytesOf(value: unknown): Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

const customer = { id: 'c', country: 'GB', balance: 900 }
export const rowOf = (at: PoisonContext, change: unknown, parts: Parts = {}): OutgoingRecord =>
  recordFor(at, { kind: 'data', type: 'public.customers', value: change, ...parts })

/** What an input sends; the last record is the one that its result is about. */
type Input = (at: PoisonContext) => OutgoingRecord | readonly OutgoingRecord[]

const value =
  (content: unknown): Input =>
  (at) =>
    recordFor(at, { value: content })
const headers =
  (changed: Parts['headers'] & object): Input =>
  (at) =>
    recordFor(at, { headers: changed })
const key =
  (bytes: Buffer | null): Input =>
  (at) =>
    recordFor(at, { key: bytes })

const notUtf8 = Buffer.from([0xff, 0xfe, 0x41])
const year3000 = Date.UTC(3000, 0, 1)
const hourMs = 3_600_000

const decisionOf = (at: PoisonContext, sealed: Headers): OutgoingRecord =>
  recordFor(at, {
    kind: 'decision',
    type: 'risk.decision',
    id: 'd:0:0',
    value: { decisionId: 'd:0:0', outcome: 'allow' },
    headers: sealed,
  })

/** How a row of docs/poison.md comes about, by its first column. */
export const poisonInputs: Readonly<Record<string, Input>> = {
  'broken JSON': value('{"amount": 10'),
  'a value that is not UTF-8': value(Buffer.concat([Buffer.from('{"note":"'), notUtf8, Buffer.from('"}')])),
  'an array as payload': value([{ amount: 10 }]),
  'a number as payload': value('7'),
  'a business event without a value': value(null),
  'a data record without a value, as a tombstone': (at) => rowOf(at, null),
  'brackets a hundred thousand deep': value(`{"note":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'a value of 2 MB': value({ note: 'x'.repeat(2_000_000) }),
  'text in a field declared double': value({ amount: '10' }),
  'a number in a field declared string': value({ note: 7 }),
  'a fraction in a field declared int': value({ count: 1.5 }),
  'a whole number beyond 2^53 in a field declared int': value('{"count":9007199254740994}'),
  'digits as text in a field declared timestamp': value({ at: '1772359200000' }),
  'a latitude of 91 degrees': value({ place: { lat: 91, lon: 0 } }),
  'null in a list': value({ tags: ['a', null] }),
  '1e999 in a field declared double': value('{"amount":1e999}'),
  'NaN in a field declared double': value('{"amount":NaN}'),
  'another type in a field with personal data': value({ pan: 4_111_111_111_111_111 }),
  'null in every declared field': value({ amount: null, count: null, note: null, at: null, place: null, tags: null }),
  '-0 in a field declared double': value('{"amount":-0}'),
  'half a surrogate pair, escaped': value('{"amount":1,"note":"\\ud83d"}'),
  'half a surrogate pair, in bytes': value(
    Buffer.concat([Buffer.from('{"note":"'), Buffer.from([0xed, 0xa0, 0xbd]), Buffer.from('"}')]),
  ),
  'a member `__proto__` with the declared fields in it': value('{"__proto__":{"amount":10,"note":"GB"}}'),
  'the same member several times': value('{"amount":"ten","amount":10}'),
  'fields that nobody declared': value({ amount: 10, other: { deep: [1, 2] }, constructor: 1 }),
  'no headers, from a foreign producer': headers({ kind: undefined, type: undefined, id: undefined, time: undefined }),
  'an unknown kind': headers({ kind: 'gossip' }),
  'no type': headers({ type: undefined }),
  'an empty type': headers({ type: '' }),
  'no id': headers({ id: undefined }),
  'an id that is not UTF-8': headers({ id: notUtf8 }),
  'no key': key(null),
  'an empty key': key(Buffer.alloc(0)),
  'a key that is not UTF-8': key(notUtf8),
  'a key that belongs on another partition': (at) =>
    recordFor(at, { partition: (partitionFor(Buffer.from(at.key), at.partitions) + 1) % at.partitions }),
  'no time': headers({ time: undefined }),
  'a time without an offset': headers({ time: '2026-03-01T10:00:00' }),
  'a line whose time is a string of digits': ({ mainTopic: topic, partitions, key: k, id, nowMs }) => {
    const line = { kind: 'business', type: 'paid', id, key: k, time: String(nowMs), payload: { amount: 10 } }
    return lineToRecord(decodeLine(JSON.stringify(line)), { topic, partitions })
  },
  '30 February': headers({ time: '2026-02-30T10:00:00Z' }),
  'an event of the year 3000': (at) => recordFor(at, { timeMs: year3000 }),
  'a row of the year 3000': (at) => rowOf(at, { op: 'c', before: null, after: customer }, { timeMs: year3000 }),
  'an event two hours late': (at) => [
    recordFor(at, { id: `${at.id}-on-time` }),
    recordFor(at, { timeMs: at.nowMs - 2 * hourMs }),
  ],
  'an event sent twice': (at) => [recordFor(at), recordFor(at)],
  'a row sent twice': (at) => {
    const row = rowOf(at, { op: 'c', before: null, after: customer })
    return [row, row]
  },
  'an event of a type that nobody names': (at) => recordFor(at, { type: 'seen' }),
  'a row of a table that nobody names': (at) => rowOf(at, { op: 'x' }, { type: 'public.others' }),
  'a change with op x': (at) => rowOf(at, { op: 'x', before: null, after: customer }),
  'an update without the row after it': (at) => rowOf(at, { op: 'u', before: customer, after: null }),
  'a delete without the row before it, of a table with `on`': (at) =>
    rowOf(at, { op: 'd', before: null, after: null }, { type: 'public.cards' }),
  'a row with a column of another type': (at) => [
    rowOf(at, { op: 'c', before: null, after: customer }, { id: `${at.id}-before` }),
    rowOf(at, { op: 'u', before: customer, after: { ...customer, balance: 'a lot' } }),
  ],
  'a control record without a signature': (at) =>
    recordFor(at, { kind: 'control', type: 'rule-set', value: { action: 'activate' } }),
  'a control record signed by an unknown key': (at) => {
    const record = recordFor(at, { kind: 'control', type: 'rule-set', value: { action: 'activate' } })
    return { ...record, headers: signControl({ ...record, privateKey: at.strangersKey, sequence: 1 }) }
  },
  "a decision without the application's code": (at) => decisionOf(at, {}),
  'a decision with the code of another secret': (at) => {
    const { key: k, value: v } = decisionOf(at, {})
    const stranger = signedBy(at.applicationId, { publicKeys: new Map(), macSecret: at.strangersSecret })
    return decisionOf(at, stranger.seal({ key: k!, id: 'd:0:0', value: v! }))
  },
  'a decision of another application': (at) => decisionOf(at, { app: Buffer.from('another-application') }),
  "a feature record without the application's code": (at) =>
    recordFor(at, { type: 'feature.device_users', value: { value: 3, by: 'x', cause: 'y' } }),
}
