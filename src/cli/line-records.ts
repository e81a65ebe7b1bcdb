import type { KeyObject } from 'node:crypto'
import { createIngress, isResult } from '../record/ingress.ts'
import { type DecodedLine, decodeLine, lineToRecord } from '../record/json-lines.ts'
import type { OutgoingRecord } from '../record/record.ts'
import { signControl } from '../record/signature.ts'

/** What a line becomes: records to send, nothing at all, or a problem in words. */
export type LineResult =
  | { readonly kind: 'records'; readonly records: readonly OutgoingRecord[] }
  | { readonly kind: 'left-out' }
  | { readonly kind: 'problem'; readonly text: string }

export interface LineRecordsOptions {
  readonly topic: string
  readonly partitions: number
  /** Signs control lines. `unsigned`: the application believes them without; a text: why there is no key. */
  readonly signer: KeyObject | 'unsigned' | string
  /** The first sequence number of control records: above those of earlier runs. */
  readonly firstSequence: number
}

const ingress = createIngress({ mapping: 'headers', maxAheadMs: Number.MAX_SAFE_INTEGER })

/**
 * Makes lines into the records that `weir send` writes: events go to the partition of their key, whatever partition the
 * line names; control lines go to every partition (or to the one they name), signed. Decisions and results of global
 * features are left out: Weir makes its own.
 */
export function lineRecords(options: LineRecordsOptions): (text: string) => LineResult {
  const { topic, partitions, signer } = options
  let sequence = options.firstSequence
  const target = { topic, partitions }
  return (text) => {
    const line = decodeLine(text)
    if (line.problem !== undefined) return problem(line.problem.detail, line.problem.reason)
    const ingested = ingress({
      ...lineToRecord(anywhere(line), target),
      offset: 0,
      timestampMs: line.timestampMs ?? -1,
    })
    if (ingested.verdict === 'ignored') return problem(ingested.why, 'ignored')
    if (ingested.verdict === 'rejected') return problem(ingested.detail, ingested.reason)
    const { kind } = ingested.head
    if (kind === 'decision' || isResult(ingested.head)) return { kind: 'left-out' }
    const payload = ingested.payload.read()
    if (!payload.ok) return problem(payload.detail, payload.reason)
    if (kind !== 'control') return { kind: 'records', records: [lineToRecord(anywhere(line), target)] }
    if (typeof signer === 'string' && signer !== 'unsigned') return problem(signer, 'keys-missing')
    if (line.partition !== undefined && line.partition >= partitions) {
      return problem(`partition ${line.partition} is not there: ${topic} has ${partitions}`, 'invalid-coordinates')
    }
    const places = line.partition === undefined ? [...Array(partitions).keys()] : [line.partition]
    const copies = places.map((partition) => lineToRecord({ ...line, partition }, target))
    sequence++
    return { kind: 'records', records: copies.map((copy) => signed(copy, signer, sequence)) }
  }
}

function signed(record: OutgoingRecord, signer: LineRecordsOptions['signer'], sequence: number): OutgoingRecord {
  if (typeof signer === 'string') return record
  return { ...record, headers: signControl({ ...record, privateKey: signer, sequence }) }
}

/** Without the partition that the line names. */
function anywhere({ partition: _, ...line }: DecodedLine): DecodedLine {
  return line
}

const problem = (detail: string, code: string): LineResult => ({ kind: 'problem', text: `${detail} [${code}]` })
