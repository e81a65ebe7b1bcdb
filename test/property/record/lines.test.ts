import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIngress, type Head, type Ingested, isMisrouted } from '../../../src/record/ingress.ts'
import { decodeLine, LinePlacement, parseLine, recordToLine } from '../../../src/record/json-lines.ts'
import { memberText } from '../../../src/record/json-scan.ts'
import { nestsDeeperThan } from '../../../src/record/nesting.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { runs } from './runs.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
  text.map((value) => Buffer.from(value)),
)
const json = fc.jsonValue({ maxDepth: 3 })
const value = fc.option(
  fc.oneof(
    bytes,
    json.map((any) => Buffer.from(JSON.stringify(any))),
  ),
)

const someHeaders = fc.record(
  {
    kind: fc.constantFrom('business', 'data', 'control', 'decision', 'other').map((kind) => Buffer.from(kind)),
    type: bytes,
    id: bytes,
    time: fc.oneof(
      bytes,
      fc.integer().map((ms) => Buffer.from(String(ms))),
      fc.constant(Buffer.from('2026-03-01T12:00:00Z')),
    ),
    traceparent: bytes,
    mac: bytes,
  },
  { requiredKeys: [] },
)

const records: fc.Arbitrary<LogRecord> = fc.record({
  topic: fc.constant('main'),
  partition: fc.nat(7),
  offset: fc.nat(),
  timestampMs: fc.integer({ min: -1, max: 2 ** 42 }),
  key: fc.option(bytes),
  value,
  headers: fc
    .tuple(someHeaders, fc.dictionary(text, bytes, { maxKeys: 2 }))
    .map(([ours, others]) => ({ ...others, ...ours })),
})

const plain = (headers: LogRecord['headers']): [string, string][] =>
  Object.entries(headers)
    .map(([name, buffer]): [string, string] => [name, buffer.toString('hex')])
    .sort()

const place = (line: string): LogRecord => new LinePlacement({ topic: 'main', partitions: 8 }).place(decodeLine(line))

test('every record survives its way through a line, byte for byte', () => {
  fc.assert(
    fc.property(records, (record) => {
      const line = recordToLine(record)
      expect(line).not.toMatch(/[\r\n]/)
      const back = place(line)
      expect({ ...back, headers: plain(back.headers) }).toEqual({ ...record, headers: plain(record.headers) })
      expect(recordToLine(back)).toBe(line)
    }),
    runs(1_000),
  )
})

/** What ingress says of a record, value included. */
function judge(ingested: Ingested): string {
  if (ingested.verdict === 'rejected') return ingested.reason
  if (ingested.verdict === 'ignored') return ingested.why
  const payload = ingested.payload.read()
  return payload.ok ? 'accepted' : payload.reason
}

const ingress = createIngress({ mapping: 'headers', maxAheadMs: Number.MAX_SAFE_INTEGER })

const loose = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary }, { weight: 1, arbitrary: json })
const looseLines = fc
  .record(
    {
      kind: loose(fc.constantFrom('business', 'data', 'control')),
      type: loose(text),
      id: loose(text),
      key: loose(text),
      time: loose(fc.oneof(fc.integer(), fc.constantFrom('2026-03-01T12:00:00Z', '2026-02-30T12:00:00Z', '12'))),
      payload: loose(fc.dictionary(text, json)),
      raw: json,
    },
    { requiredKeys: [] },
  )
  .map((line) => JSON.stringify(line))

test('parseLine and ingress agree on what becomes of a line', () => {
  fc.assert(
    fc.property(fc.oneof(looseLines, fc.string()), (line) => {
      const parsed = parseLine(line, 1)
      const judged = judge(ingress(place(line)))
      if (parsed.ok) expect(judged).toBe('accepted')
      else if (parsed.line.problem === undefined) expect(judged).toBe(parsed.reason)
      else expect(judged).not.toBe('accepted')
    }),
    runs(1_000),
  )
})

/** Mostly well formed, with what may stand in lines besides. */
const placedLines = fc
  .record(
    {
      kind: loose(fc.constantFrom('business', 'data', 'control')),
      type: fc.oneof(fc.constantFrom('paid', 'feature.users', ''), text),
      id: fc.oneof(fc.constant('1'), text),
      key: fc.oneof(fc.constantFrom('k', 'é', 'long'.repeat(100), '\uD83D'), loose(text)),
      time: loose(fc.oneof(fc.integer(), fc.constantFrom(-0, 8.64e15, 8.64e15 + 2, 0.5, '2026-03-01T12:00:00Z', '12'))),
      payload: fc.oneof(
        fc.dictionary(text, json),
        fc.constant(JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`)),
        fc.constant({ text: 'half a pair \uDE00' }),
        json,
      ),
      partition: fc.option(fc.nat(7)),
      offset: fc.option(fc.oneof(fc.nat(), fc.constantFrom(-1, 0.5))),
      timestamp: fc.option(fc.integer()),
      traceparent: text,
      headers: fc.dictionary(text, text),
      raw: json,
    },
    { requiredKeys: ['kind', 'type', 'id', 'key', 'time', 'payload'] },
  )
  .map((line) => JSON.stringify(line))

test('a line read at once is the record, and has the verdict, that it would have by its bytes', () => {
  const read = (ingested: Ingested) => {
    if (ingested.verdict !== 'accepted') return ingested
    const { kind, type, id, key, timeMs } = ingested.head
    return { kind, type, id, key, timeMs, payload: ingested.payload.read() }
  }
  let plain = 0
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: placedLines }, looseLines), (line) => {
      const slow = place(line)
      const fast = new LinePlacement({ topic: 'main', partitions: 8 }).placeText(line)!
      if (fast.ingested !== undefined) plain++
      const { topic, partition, offset, timestampMs, key, value, headers } = fast
      expect({ topic, partition, offset, timestampMs, key, value, headers }).toEqual(slow)
      expect(read(ingress(fast))).toEqual(read(ingress(slow)))
      expect(isMisrouted(fast, headOf(fast), 5)).toBe(isMisrouted(slow, headOf(slow), 5))
    }),
    runs(1_000),
  )
  expect(plain).toBeGreaterThan(0)
})

const nobody = { kind: 'control', type: '', id: '', key: '', timeMs: 0 } as const

function headOf(record: LogRecord): Head {
  const ingested = ingress(record)
  return ingested.verdict === 'accepted' ? ingested.head : nobody
}

test('memberText cuts out what JSON.parse reads', () => {
  const indents = fc.constantFrom(0, 1, '\t')
  const names = fc.oneof(fc.constantFrom('payload', 'payloa', 'kind'), text)
  fc.assert(
    fc.property(fc.dictionary(names, json, { noNullPrototype: true }), indents, (object, indent) => {
      const line = JSON.stringify(object, null, indent)
      const found = memberText(line, 'payload')
      if (found !== undefined) expect(JSON.parse(found)).toEqual(JSON.parse(line).payload)
      else if (Object.hasOwn(object, 'payload'))
        expect(Object.keys(object).some((name) => JSON.stringify(name).includes('\\'))).toBe(true)
    }),
    runs(1_000),
  )
})

const depthOf = (any: unknown): number =>
  typeof any !== 'object' || any === null ? 0 : 1 + Math.max(0, ...Object.values(any).map(depthOf))

test('nestsDeeperThan counts what recursion would', () => {
  const deep = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 8 },
      text,
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(text, tie('any'), { maxKeys: 2 }),
    ),
  })).any
  fc.assert(
    fc.property(deep, fc.integer({ min: 1, max: 8 }), (any, levels) => {
      expect(nestsDeeperThan(JSON.stringify(any), levels)).toBe(depthOf(any) > levels)
    }),
    runs(500),
  )
})
