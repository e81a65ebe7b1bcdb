import type { OracleFields } from './fields.ts'

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
  when(event: OracleEvent, row: (table: string) => OracleFields): boolean
  reason?(event: OracleEvent, row: (table: string) => OracleFields): string
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

export type Twin = WhenTwin | SequenceTwin
