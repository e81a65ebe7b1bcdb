import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchesIn, readRecords } from '../../../src/log/kafka/batch-decoder.ts'
import { viewOfHeader, viewOfKey } from '../../../src/record/in-place.ts'
import { createIngress, type Ingested, ingressMappings, isMisrouted } from '../../../src/record/ingress.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { viewOfValue } from '../../../src/record/value-in-place.ts'
import { at, plainRecord, storedBatch } from '../../log/kafka/batches.ts'
import { runs } from './runs.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
  fc.string().map((text) => Buffer.from(text)),
)
const mostly = (...texts: string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...texts).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: bytes },
  )
const headers = fc.record(
  {
    kind: mostly('business', 'data', 'control', 'decision'),
    type: mostly('card.authorised', 'public.cards', 'tick'),
    id: mostly('tx-1'),
    time: mostly('1772359200000', '2026-03-01T10:00:00Z'),
    ['__proto__']: bytes,
    trace: bytes,
  },
  { requiredKeys: [] },
)
const records = fc.array(
  fc.record({
    ...(Object.fromEntries(Object.entries(at).map(([name, value]) => [name, fc.constant(value)])) as {
      topic: fc.Arbitrary<string>
      partition: fc.Arbitrary<number>
    }),
    key: fc.option(mostly('cust-7')),
    value: fc.option(bytes),
    headers,
    timestampMs: fc.constant(1_772_359_200_000),
  }),
  { minLength: 1, maxLength: 5 },
)

/** All that ingress says of a record, what it says when asked included. */
const said = (ingested: Ingested, record: LogRecord) =>
  ingested.verdict === 'accepted'
    ? {
        ...ingested.head,
        id: ingested.head.id,
        key: ingested.head.key,
        payload: ingested.payload.read(),
        misrouted: isMisrouted(record, ingested.head, 3),
      }
    : ingested

test('a record that is read where it lies in a fetch is the record that was written', () => {
  fc.assert(
    fc.property(records, (written) => {
      const read = [...batchesIn(storedBatch(5, written))].flatMap((batch) => readRecords(batch, at, 0, []))
      const plain = written.map((record, n) => ({ ...record, offset: 5 + n }))
      for (const name of ['kind', 'time', '__proto__', 'absent'])
        expect(read.map((record) => viewOfHeader(record, name)?.text('latin1'))).toEqual(
          written.map((record) =>
            Object.entries(record.headers)
              .find(([own]) => own === name)?.[1]
              .toString('latin1'),
          ),
        )
      expect(read.map((record) => viewOfKey(record)?.text('latin1') ?? null)).toEqual(
        plain.map(({ key }) => key?.toString('latin1') ?? null),
      )
      expect(read.map((record) => viewOfValue(record)?.text('latin1') ?? null)).toEqual(
        plain.map((record) => record.value?.toString('latin1') ?? null),
      )
      for (const mapping of ingressMappings) {
        const ingress = createIngress({ mapping, maxAheadMs: 600_000 })
        expect(read.map((record) => said(ingress(record), record))).toEqual(
          plain.map((record) => said(ingress(record), record)),
        )
      }
      expect(read.map(plainRecord)).toEqual(plain)
    }),
    runs(300),
  )
})
