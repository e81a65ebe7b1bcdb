import { eventHeaders, tickType } from '../../record/ingress.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import type { Authenticity } from '../authenticity.ts'

export interface Tick {
  readonly topic: string
  readonly partition: number
  readonly timeMs: number
  /** The record's timestamp in the log. */
  readonly nowMs: number
}

/** The control record that moves a partition's stream time to `timeMs`, with the application's code. */
export function tickRecord({ topic, partition, timeMs, nowMs }: Tick, authenticity: Authenticity): OutgoingRecord {
  const id = `tick:${partition}:${timeMs}`
  const record = { key: null, id, value: Buffer.from('{}'), bound: { type: tickType, timeMs, partition } }
  return {
    topic,
    partition,
    key: null,
    value: record.value,
    headers: { ...eventHeaders({ kind: 'control', type: tickType, id, timeMs }), ...authenticity.seal(record) },
    timestampMs: nowMs,
  }
}
