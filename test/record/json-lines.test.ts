import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { createIngress } from '../../src/record/ingress.ts'
import {
  decodeLine,
  LinePlacement,
  lineToRecord,
  maxLineLength,
  parseLine,
  recordToLine,
} from '../../src/record/json-lines.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import type { Headers } from '../../src/record/record.ts'
import { bareRecord, logRecord, noonMs } from './log-record.ts'

const event =
  '{"kind":"business","type":"card.authorised","id":"tx-1","key":"cust-7","time":"2026-03-01T12:00:00Z","payload":{"cardId":"c-1","amount":25.0}}'
const row =
  '{"kind":"data","type":"public.customers","id":"lsn-881","key":"cust-7","time":1772359200000,"payload":{"op":"u","before":null,"after":{"id":"cust-7"}}}'

const textOf = (headers: Headers): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]))

describe('parseLine', () => {
  test('reads a business event', () => {
    expect(parseLine(event, 1)).toMatchObject({
      ok: true,
      record: {
        kind: 'business',
        type: 'card.authorised',
        id: 'tx-1',
        key: 'cust-7',
        time: '2026-03-01T12:00:00Z',
        timeMs: noonMs,
        payload: { cardId: 'c-1', amount: 25 },
      },
    })
  })

  test('reads a row with coordinates, trace and schema version', () => {
    const more = ',"partition":3,"offset":17,"timestamp":1772359200001,"traceparent":"00-1-2-01","schemaVersion":"2"}'
    expect(parseLine(row.slice(0, -1) + more, 1)).toMatchObject({
      ok: true,
      record: {
        time: 1_772_359_200_000,
        partition: 3,
        offset: 17,
        timestamp: 1_772_359_200_001,
        traceparent: '00-1-2-01',
        schemaVersion: '2',
      },
    })
  })

  test('does not miss members that the line does not need', () => {
    const line = '{"kind":"control","type":"list","id":"l","time":0,"payload":{},"note":"by hand"}'
    expect(parseLine(line, 1)).toMatchObject({ ok: true, record: { kind: 'control', key: '', time: 0, timeMs: 0 } })
  })

  const without = (member: string): string => JSON.stringify({ ...JSON.parse(event), [member]: undefined })
  const having = (member: string, value: unknown): string => JSON.stringify({ ...JSON.parse(event), [member]: value })

  test.each([
    ['nothing', '', 'not-json'],
    ['text', 'hello', 'not-json'],
    ['half an object', event.slice(0, -1), 'not-json'],
    ['two objects', event + event, 'not-json'],
    ['an array', '[]', 'missing-kind'],
    ['null', 'null', 'missing-kind'],
    ['no kind', without('kind'), 'missing-kind'],
    ['null as kind', having('kind', null), 'missing-kind'],
    ['another kind', having('kind', 'event'), 'unknown-kind'],
    ['no type', without('type'), 'missing-type'],
    ['no id', without('id'), 'missing-id'],
    ['a number as id', having('id', 5), 'missing-id'],
    ['no key', without('key'), 'missing-key'],
    ['null as key', having('key', null), 'missing-key'],
    ['no time', without('time'), 'invalid-time'],
    ['null as time', having('time', null), 'invalid-time'],
    ['digits as time', having('time', '1772359200000'), 'invalid-time'],
    ['a fraction as time', having('time', 1.5), 'invalid-time'],
    ['a list as time', having('time', [1]), 'invalid-time'],
    ['no payload', without('payload'), 'payload-not-object'],
    ['null as payload', having('payload', null), 'payload-not-object'],
    ['a list as payload', having('payload', []), 'payload-not-object'],
    ['text as payload', having('payload', '{}'), 'payload-not-object'],
    ['a deep payload', event.replace('25.0', `${'['.repeat(64)}${']'.repeat(64)}`), 'too-deep'],
    ['a negative partition', having('partition', -1), 'invalid-coordinates'],
    ['a fraction as offset', having('offset', 1.5), 'invalid-coordinates'],
    ['text as timestamp', having('timestamp', '2026-03-01T12:00:00Z'), 'invalid-coordinates'],
    ['raw without bytes', '{"raw":{"key":null,"value":"not base64!","headers":{}}}', 'not-json'],
  ])('says of %s where and why it is no record', (_, text, reason) => {
    expect(parseLine(text, 12)).toMatchObject({ ok: false, reason, detail: expect.stringMatching(/^line 12: /) })
  })

  test('bounds a line', () => {
    const long = parseLine(`{"payload":"${'x'.repeat(maxLineLength)}"}`, 1)
    expect(long).toMatchObject({ ok: false, reason: 'too-large' })
    expect(long.line.value!.length).toBe(1_000)
  })

  test('finds nothing wrong with 64 levels', () => {
    expect(parseLine(event.replace('25.0', `${'['.repeat(63)}${']'.repeat(63)}`), 1).ok).toBe(true)
  })
})

describe('decodeLine', () => {
  test('takes the payload as it stands, white space and spelling of numbers included', () => {
    const payload = '{ "a" : 25.0, "big":12345678901234567890 , "text":"}\\"{" }'
    const { value, headers, key } = decodeLine(` { "payload" : ${payload} ,"kind":"business","key":"k","time":5} `)
    expect(value!.toString()).toBe(payload)
    expect(key!.toString()).toBe('k')
    expect(textOf(headers)).toEqual({ kind: 'business', time: '5' })
  })

  test.each([
    ['the last of two payloads', '{"payload":{"a":1},"payload":{"a":2}}', '{"a":2}'],
    ['a payload whose name is escaped', '{"\\u0070ayload":{"a":[1, 2]}}', '{"a":[1,2]}'],
    ['a payload beside one within', '{"other":{"payload":1,"x":["]"]},"payload":2}', '2'],
    ['a payload after numbers and texts', '{"a":-1.5e3,"b":"\\\\","c":null,"payload":true}', 'true'],
  ])('takes %s', (_, text, value) => {
    expect(decodeLine(text).value!.toString()).toBe(value)
  })

  test('has no value without a payload', () => {
    expect(decodeLine('{"kind":"data"}').value).toBeNull()
  })

  test('gives a broken line as a record that nobody accepts, with its bytes', () => {
    const line = decodeLine('oops')
    expect(line).toMatchObject({ key: null, headers: {}, problem: { reason: 'not-json' } })
    expect(line.value!.toString()).toBe('oops')
  })

  test('does not write a deep payload anew', () => {
    const text = `{"\\u0070ayload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(decodeLine(text)).toMatchObject({ problem: { reason: 'too-deep' } })
  })

  test('takes other headers as text', () => {
    const { headers } = decodeLine('{"kind":"control","headers":{"sig":"c2ln","seq":"7","odd":5,"kind":"data"}}')
    expect(textOf(headers)).toEqual({ kind: 'control', sig: 'c2ln', seq: '7' })
  })
})

describe('LinePlacement', () => {
  test('gives lines the partition of their key and offsets from 0', () => {
    const lines = new LinePlacement({ topic: 'main', partitions: 4 })
    const keys = ['a', 'b', 'c', 'a', 'b']
    const placed = keys.map((key) => lines.place(decodeLine(JSON.stringify({ ...JSON.parse(event), key }))))
    const counts = new Map<number, number>()
    for (const [index, { partition, offset }] of placed.entries()) {
      expect(partition).toBe(partitionFor(Buffer.from(keys[index]!), 4))
      expect(offset).toBe(counts.get(partition) ?? 0)
      counts.set(partition, offset + 1)
    }
  })

  test('gives every line an offset, and those without key the first partition', () => {
    const lines = new LinePlacement({ topic: 'main', partitions: 1 })
    const placed = ['oops', event, '', row].map((text) => lines.place(decodeLine(text)))
    expect(placed.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
    ])
    expect(placed.map(({ timestampMs }) => timestampMs)).toEqual([-1, noonMs, -1, 1_772_359_200_000])
  })

  test('makes nothing ahead that has no timestamp', () => {
    const ingress = createIngress({ mapping: 'headers', maxAheadMs: 0 })
    const lines = new LinePlacement({ topic: 'main', partitions: 1 })
    expect(ingress(lines.place(decodeLine(event))).verdict).toBe('accepted')
    const stamped = event.replace('}}', `},"timestamp":${noonMs - 1}}`)
    expect(ingress(lines.place(decodeLine(stamped)))).toMatchObject({ reason: 'ahead' })
  })

  test('uses coordinates as they are, and counts on from them', () => {
    const lines = new LinePlacement({ topic: 'main', partitions: 4 })
    const at = (coordinates: object) =>
      lines.place(decodeLine(JSON.stringify({ ...JSON.parse(event), ...coordinates })))
    expect(at({ partition: 3, offset: 17, timestamp: 5 })).toMatchObject({ partition: 3, offset: 17, timestampMs: 5 })
    expect(at({ partition: 3 }).offset).toBe(18)
    expect(at({ partition: 2 }).offset).toBe(0)
    expect(() => at({ partition: 3, offset: 18 })).toThrow(ConfigError)
    expect(() => at({ partition: 4 })).toThrow(/partition 4.*only 4/)
  })
})

test('lineToRecord leaves timestamp and offset to the log, unless the line has a timestamp', () => {
  const target = { topic: 'main', partitions: 4 }
  const partition = partitionFor(Buffer.from('cust-7'), 4)
  const record = lineToRecord(decodeLine(event), target)
  expect(record).toEqual({
    topic: 'main',
    partition,
    key: Buffer.from('cust-7'),
    value: record.value,
    headers: record.headers,
  })
  expect(lineToRecord(decodeLine(event.replace('}}', '},"timestamp":5,"partition":2}')), target)).toMatchObject({
    timestampMs: 5,
    partition: 2,
  })
})

describe('recordToLine', () => {
  test('writes an event as people would', () => {
    const record = logRecord({ partition: 2, offset: 9, value: '{"amount":25.0}', headers: { traceparent: '00-1' } })
    expect(recordToLine(record)).toBe(
      `{"kind":"business","type":"card.authorised","id":"tx-1","key":"cust-7","time":${noonMs},"payload":{"amount":25.0},` +
        `"traceparent":"00-1","partition":2,"offset":9,"timestamp":${noonMs}}`,
    )
  })

  test('keeps other headers that are text', () => {
    const line = recordToLine(logRecord({ headers: { time: '2026-03-01T12:00:00Z', mac: 'bWFj' } }))
    expect(JSON.parse(line)).toMatchObject({ time: '2026-03-01T12:00:00Z', headers: { mac: 'bWFj' } })
  })

  test.each([
    ['a record without headers', bareRecord({ value: '{"op":"c"}' })],
    ['a record without a value', logRecord({ value: null })],
    ['a record without a key', logRecord({ key: null })],
    ['a record with an empty key', logRecord({ key: '' })],
    ['a record without a timestamp', logRecord({ timestampMs: -1 })],
    ['null as value', logRecord({ value: 'null' })],
    ['a record with text as value', logRecord({ value: '"x"' })],
    ['a header named __proto__', logRecord({ headers: JSON.parse('{"__proto__":"x"}') })],
    ['an id with quotes', logRecord({ headers: { id: 'a"b\n' } })],
  ])('writes %s in the open', (_, record) => {
    const line = recordToLine(record)
    expect(line).not.toContain('"raw"')
    expect(new LinePlacement({ topic: 'main', partitions: 1 }).place(decodeLine(line))).toEqual(record)
  })

  test.each([
    ['a value that is not JSON', logRecord({ value: 'oops' })],
    ['an empty value', logRecord({ value: '' })],
    ['a value of two lines', logRecord({ value: '{\n}' })],
    ['a value with white space around it', logRecord({ value: ' {} ' })],
    ['a value that ends the line early', logRecord({ value: '{}},{' })],
    ['a value that adds members', logRecord({ value: '{},"kind":"control"' })],
    ['a value that is not UTF-8', logRecord({ value: Buffer.from([0xff]) })],
    ['a value with a byte order mark', logRecord({ value: '\uFEFF{}' })],
    ['a key of bytes', logRecord({ key: Buffer.from([0, 255]) })],
    ['a header of bytes', logRecord({ headers: { trace: Buffer.from([200]) } })],
    ['a time of another spelling', logRecord({ headers: { time: '007' } })],
    ['a time that is none', logRecord({ headers: { time: 'noon' } })],
  ])('writes %s in base64', (_, record) => {
    const line = recordToLine(record)
    expect(line).toContain('"raw"')
    expect(new LinePlacement({ topic: 'main', partitions: 1 }).place(decodeLine(line))).toEqual(record)
  })
})
