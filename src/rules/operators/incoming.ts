import type { KeyedEvent } from '../../operators/sequence/definition.ts'
import type { Head, Ingested, RejectReason } from '../../record/ingress.ts'
import type { LogRecord } from '../../record/record.ts'
import type { StreamRecord } from '../../topology/operator.ts'
import type { ListLookup, Scope } from '../expression.ts'
import type { PayloadFieldReader } from '../payload-fields.ts'

/** A record that does not fit, on its way to the dead-letter topic. */
export interface Rejected {
  readonly log: LogRecord
  readonly reason: RejectReason
  readonly detail: string
}

/** A late event, on its way to the late topic. */
export interface Late {
  readonly log: LogRecord
  readonly head: Head
  readonly lagMs: number
}

/** A business event as conditions see it. */
export interface RiskEvent {
  readonly id: string
  readonly type: string
  readonly timeMs: number
  /** The declared fields that are present, with `time`, `id` and `type`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** What control lists hold for the event, while it is the one in hand and the rule set has such lists. */
  readonly inList?: ListLookup
}

/** An event with the state that its conditions read. */
export interface ReadyEvent {
  readonly event: RiskEvent
  readonly scope: Scope
  readonly rows: readonly { readonly table: string; readonly id: string; readonly offset: number }[]
}

export type TypedEvent =
  | { readonly ok: true; readonly event: RiskEvent }
  | { readonly ok: false; readonly reason: RejectReason; readonly detail: string }

/**
 * A log record as it enters the rule set's topology. The value is read at most once, when somebody asks: prefetch and
 * processing see the same event.
 */
export class Incoming {
  readonly log: LogRecord
  readonly ingested: Ingested
  readonly #reader: PayloadFieldReader | undefined
  #typed: TypedEvent | undefined

  constructor(log: LogRecord, ingested: Ingested, reader: PayloadFieldReader | undefined) {
    this.log = log
    this.ingested = ingested
    this.#reader = reader
  }

  /** The typed event of an accepted business record. */
  typed(): TypedEvent {
    this.#typed ??= this.#read()
    return this.#typed
  }

  #read(): TypedEvent {
    if (this.ingested.verdict !== 'accepted' || this.#reader === undefined) {
      throw new TypeError('only an accepted business record of a type that the rule set names is an event')
    }
    const { head, payload } = this.ingested
    const read = this.#reader(payload)
    if (!read.ok) return read
    const { id, type, timeMs } = head
    const fields = read.values
    fields.time = timeMs
    fields.id = id
    fields.type = type
    return { ok: true, event: { id, type, timeMs, fields } }
  }
}

/** An event as the operators for sequences and features take it. */
export const keyed = ({ key, offset }: StreamRecord, event: RiskEvent): KeyedEvent<RiskEvent> => ({
  key,
  offset,
  timeMs: event.timeMs,
  value: event,
})
