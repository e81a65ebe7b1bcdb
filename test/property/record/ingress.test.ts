import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createIngress,
  type IngressMapping,
  ingressMappings,
  readDataChange,
  rejectReasons,
  streamTimeOf,
} from '../../../src/record/ingress.ts'
import { bareRecord, logRecord, noonMs } from '../../record/log-record.ts'
import { runs } from './runs.ts'

const maxAheadMs = 600_000
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
  fc.string().map((text) => Buffer.from(text)),
)
const json = fc.jsonValue({ maxDepth: 3 })
const loose = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: json })

const source = fc.record(
  {
    schema: loose(fc.constantFrom('public', '')),
    db: loose(fc.constant('bank')),
    table: loose(fc.constantFrom('cards', '')),
    lsn: loose(fc.oneof(fc.nat(), fc.double(), fc.constant('16/B374D848'))),
    ts_ms: loose(fc.oneof(fc.constant(noonMs), fc.double())),
    file: json,
    pos: json,
  },
  { requiredKeys: ['schema', 'table', 'ts_ms'] },
)
const changes = fc.record({
  op: loose(fc.constantFrom('c', 'u', 'd', 'r', 't', 'm')),
  before: loose(fc.constant(null)),
  after: loose(fc.dictionary(fc.string(), json)),
  source: loose(source),
})
const values = fc.option(
  fc.oneof(
    bytes,
    json.map((any) => Buffer.from(JSON.stringify(any))),
    changes.map((any) => Buffer.from(JSON.stringify(any))),
  ),
)
const keys = fc.option(
  fc.oneof(
    bytes,
    json.map((any) => Buffer.from(JSON.stringify(any))),
  ),
)
const headers = fc.record(
  {
    kind: fc.oneof(
      bytes,
      fc.constantFrom('business', 'data', 'decision', 'control').map((kind) => Buffer.from(kind)),
    ),
    type: bytes,
    id: bytes,
    time: bytes,
  },
  { requiredKeys: [] },
)
const bare = fc.record({ key: keys, value: values }).map(bareRecord)
const headed = fc.record({ key: keys, value: values, headers }).map(logRecord)

test.each(ingressMappings)(
  'ingress by %s judges any record, with a reason of the list, and never throws',
  (mapping: IngressMapping) => {
    const ingress = createIngress({ mapping, maxAheadMs })
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.oneof(bare, headed), (record) => {
        const ingested = ingress(record)
        seen.add(ingested.verdict)
        const movedToMs = streamTimeOf(record, ingested, maxAheadMs)
        if (movedToMs !== undefined) expect(movedToMs).toBeLessThanOrEqual(record.timestampMs + maxAheadMs)
        if (ingested.verdict === 'rejected') expect(rejectReasons).toContain(ingested.reason)
        if (ingested.verdict !== 'accepted') return
        const { head, payload } = ingested
        expect(head.type).not.toBe('')
        expect(head.id).not.toBe('')
        expect(Number.isInteger(head.timeMs)).toBe(true)
        if (head.kind === 'business' || head.kind === 'data') expect(head.key).not.toBe('')
        const change = readDataChange(payload)
        if (!change.ok) expect(rejectReasons).toContain(change.reason)
        if (record.headers.kind === undefined) expect(change.ok).toBe(true)
      }),
      runs(2_000),
    )
    expect(seen.has('accepted') && seen.has('rejected')).toBe(true)
  },
)
