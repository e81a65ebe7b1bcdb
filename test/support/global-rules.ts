import { partitionFor } from '../../src/record/murmur2.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { type ExpectedResult, type GlobalEvent, type GlobalTwin, resultsOf } from './oracle/global-features.ts'

export const globalGraceMs = 5 * 60_000

/** Three features across customers, of each kind of window, and rules on what they say. */
export const globalRules = `
version: 1
options: {grace: 5m, emit: all}
events:
  login: {device: string, amount: double, ok: bool}
features:
  users:   {event: login, agg: distinct, value: key, by: e.device, scope: global, window: 1h}
  earlier: {event: login, where: e.ok, agg: sum, value: e.amount, by: e.device, scope: global, window: {from: 2h, to: 10m}}
  cards:   {event: login, agg: count, by: e.amount, scope: global, window: 30m, include: prior, emit: value >= 2.0}
  own:     {event: login, agg: count, window: 1h}
rules:
- {id: ring, event: feature.users, when: e.value >= 2, then: {outcome: review, score: 55, reason: "{e.value} on {e.by}"}}
- {id: spend, event: feature.earlier, when: e.value > 100, then: {outcome: challenge, score: 60}}
- {id: again, event: feature.cards, when: e.value >= 3, then: {outcome: review, score: 20}}
- {id: often, event: login, when: f.own >= 3, then: {outcome: review, score: 10}}
- id: ring-then-login
  sequence:
    within: 1h
    steps:
    - ring: feature.users
      where: ring.value >= 2
    - login: login
  then: {outcome: review, score: 15}
`

const device = ({ fields }: GlobalEvent) => fields['device'] as string | undefined
const amount = ({ fields }: GlobalEvent) => fields['amount'] as number | undefined

export const globalTwins: readonly GlobalTwin[] = [
  { name: 'users', agg: 'distinct', value: ({ key }) => key, by: device, fromMs: 60 * 60_000 },
  {
    name: 'earlier',
    agg: 'sum',
    where: ({ fields }) => fields['ok'] === true,
    value: amount,
    by: device,
    fromMs: 120 * 60_000,
    toMs: 10 * 60_000,
  },
  { name: 'cards', agg: 'count', by: amount, fromMs: 30 * 60_000, prior: true, emit: (value) => value >= 2 },
]

/** What all three say, the events in the order in which they meet. */
export const allResults = (events: readonly GlobalEvent[]): ExpectedResult[] =>
  globalTwins.flatMap((twin) => resultsOf(twin, events))

const textOf = ({ headers }: LogRecord, name: string): string | undefined => headers[name]?.toString()

export const isResult = (record: LogRecord): boolean =>
  textOf(record, 'kind') === 'business' && textOf(record, 'type')!.startsWith('feature.')

/** Results of global features as they lie in main. */
export const resultsIn = (records: readonly LogRecord[]): ExpectedResult[] =>
  records.filter(isResult).map((record) => ({
    id: textOf(record, 'id')!,
    type: textOf(record, 'type')!,
    partition: record.partition,
    key: record.key!.toString(),
    timeMs: Number(textOf(record, 'time')),
    payload: JSON.parse(record.value!.toString()),
  }))

export const byId = (results: readonly ExpectedResult[]): ExpectedResult[] =>
  results.toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** Logins as they lie in main. */
export const loginsIn = (records: readonly LogRecord[]): GlobalEvent[] =>
  records
    .filter((record) => textOf(record, 'type') === 'login')
    .map((record) => ({
      partition: record.partition,
      offset: record.offset,
      id: textOf(record, 'id')!,
      key: record.key!.toString(),
      timeMs: Number(textOf(record, 'time')),
      fields: JSON.parse(record.value!.toString()),
    }))

export const partitionOf = (key: string, partitions: number): number => partitionFor(Buffer.from(key), partitions)
