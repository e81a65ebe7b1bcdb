import type { OracleFields, OracleFieldTypes } from './fields.ts'

export type OracleOutcome = 'allow' | 'review' | 'challenge' | 'block'

export interface OracleEvent {
  readonly id: string
  readonly type: string
  readonly key: string
  readonly timeMs: number
  readonly offset: number
  readonly fields: OracleFields
}

/** A table's row as of an offset. */
export interface OracleRow {
  /** Id and offset of the record that wrote it. */
  readonly recordId: string
  readonly offset: number
  readonly lsn: number | undefined
  readonly fields: OracleFields
}

/** The row of each table that the event sees; a table without one is missing. */
export type OracleRows = ReadonlyMap<string, OracleRow>

interface TwinBase {
  readonly id: string
  readonly mode: 'live' | 'shadow'
  readonly outcome: OracleOutcome
  readonly score: number
}

/** A rule on one event, by hand. `names` lists the paths that its `when` text names. */
export interface WhenTwin extends TwinBase {
  readonly kind: 'when'
  readonly event: string
  readonly names: readonly string[]
  when(event: OracleEvent, row: (table: string) => OracleFields, more: OracleReads): boolean
  reason?(event: OracleEvent, row: (table: string) => OracleFields): string
}

/** What a `when` may read besides its event and rows. */
export interface OracleReads {
  feature(name: string): number
  inList(list: string, value: string): boolean
}

/** A sequence of one step and a trailing `not`: fires when the second event does not follow within `forMs`. */
export interface TrailingTwin extends TwinBase {
  readonly kind: 'trailing'
  readonly event: string
  readonly not: string
  readonly forMs: number
  reason?(event: OracleEvent): string
}

/** A feature, by hand: over the key's events of the type, the current one included. */
export interface FeatureTwin {
  readonly name: string
  readonly event: string
  readonly agg: 'count' | 'sum' | 'distinct'
  readonly windowMs: number
  by?(event: OracleEvent): string
  /** Of `sum` (a number) and `distinct`. */
  value?(event: OracleEvent): number | string
}

export interface TableTwin {
  readonly name: string
  readonly from: string
  readonly fields: OracleFieldTypes
  /** Of tables with several rows a key: the field that identifies a row, and the event's field that picks it. */
  readonly id?: string
  readonly on?: string
}

/** A rule set, written again by hand. */
export interface OracleRules {
  readonly events: Readonly<Record<string, OracleFieldTypes>>
  readonly tables: readonly TableTwin[]
  readonly twins: readonly Twin[]
  readonly features: readonly FeatureTwin[]
}

/** A sequence, by hand. A `where` gets its own step's event last, after those of the earlier steps. */
export interface SequenceTwin extends TwinBase {
  readonly kind: 'sequence'
  readonly withinMs: number
  by?(event: OracleEvent): string
  readonly steps: readonly {
    readonly name: string
    readonly type: string
    /** No event of this type between the step before and this one. */
    readonly not?: string
    where?(...match: OracleEvent[]): boolean
  }[]
  reason?(...match: OracleEvent[]): string
}

export type Twin = WhenTwin | SequenceTwin | TrailingTwin
