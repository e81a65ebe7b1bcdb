import type { Head } from './head.ts'
import type { LazyPayload } from './payload.ts'
import type { Rejection, RejectReason } from './reject.ts'

export interface Accepted {
  readonly verdict: 'accepted'
  readonly head: Head
  readonly payload: LazyPayload
}

export interface Refused extends Rejection {
  readonly verdict: 'rejected'
  /** What could be read before the record was found not to fit. */
  readonly head?: Partial<Head>
}

export interface Ignored {
  readonly verdict: 'ignored'
  readonly why: string
}

/**
 * What ingress made of a record. `accepted` is a verdict on the headers (or what a mapping read in their place): the value
 * may still turn out unreadable. `rejected` goes to the dead-letter topic. `ignored` is well formed and says nothing.
 */
export type Ingested = Accepted | Refused | Ignored

export const refused = (reason: RejectReason, detail: string, head: Partial<Head> = {}): Refused => ({
  verdict: 'rejected',
  reason,
  detail,
  head,
})
