import type { Kind } from './head.ts'
import type { Headers } from './record.ts'

/** The names of Weir's headers in a log. */
export const headerNames = {
  kind: 'kind',
  type: 'type',
  id: 'id',
  time: 'time',
  schemaVersion: 'schema-version',
  traceparent: 'traceparent',
  /** Ed25519 signature of a control record, with its sequence number and the key that verifies it. */
  signature: 'sig',
  sequence: 'seq',
  keyId: 'key-id',
  /** MAC of the application's own records. */
  mac: 'mac',
} as const

/** Names the application that wrote a record, so that others on the same topic leave it alone. */
export const applicationHeader = 'app'

export interface EventHeaders {
  readonly kind: Kind
  readonly type: string
  readonly id: string
  /** Event time, epoch ms. */
  readonly timeMs: number
  /** W3C trace context, passed on from the event to its decision. */
  readonly traceparent?: string
  readonly schemaVersion?: string
}

/** The headers that say what a record is, as UTF-8 text; the time in epoch ms. */
export function eventHeaders({ kind, type, id, timeMs, traceparent, schemaVersion }: EventHeaders): Headers {
  const headers: Record<string, Buffer> = {
    [headerNames.kind]: Buffer.from(kind),
    [headerNames.type]: Buffer.from(type),
    [headerNames.id]: Buffer.from(id),
    [headerNames.time]: Buffer.from(String(timeMs)),
  }
  if (traceparent !== undefined) headers[headerNames.traceparent] = Buffer.from(traceparent)
  if (schemaVersion !== undefined) headers[headerNames.schemaVersion] = Buffer.from(schemaVersion)
  return headers
}
