/** The validated form of a rule set: what the compiler, the back-test and the inline tests start from. */
import type { RuleSetIssue } from '../errors.ts'
import type { Expression } from './expression.ts'
import type { Template } from './template.ts'
import type { FieldType, ValueType } from './value-type.ts'

/** From the mildest to the most severe. */
export const outcomes = ['allow', 'review', 'challenge', 'block'] as const
export const modes = ['live', 'shadow', 'off'] as const
export const aggregates = ['count', 'sum', 'avg', 'min', 'max', 'stddev', 'distinct', 'first', 'last'] as const

export type Outcome = (typeof outcomes)[number]
export type Mode = (typeof modes)[number]
export type Aggregate = (typeof aggregates)[number]

/** Where an item stands in its file; lines and columns count from 1. */
export interface Source {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface RuleSetOptions {
  /** How much older than stream time a business event may be. Default 1h. */
  readonly graceMs: number
  /** `flagged` leaves out decisions in which no rule fired. Default `all`. */
  readonly emit: 'all' | 'flagged'
  /** The outcome of a late event's decision; `none` for no decision. Default `review`. */
  readonly onLate: Outcome | 'none'
  /** How far an event's time may be ahead of its record's timestamp, inclusive. Default 10m. */
  readonly maxAheadMs: number
  /** How long a data record's id is remembered, in stream time. Default 7d. */
  readonly dataDedupeMs: number
  /** How long a partition is idle before its owner writes a tick. Default 1s. */
  readonly tickAfterMs: number
}

export interface EventDef {
  readonly type: string
  readonly dedupe: boolean
  /** Without `time`, `id` and `type`, which every event has. */
  readonly fields: ReadonlyMap<string, FieldType>
  /** Of the events `feature.NAME` that a global feature writes: NAME. Their fields are `value`, `by` and `cause`. */
  readonly feature?: string
  readonly source: Source
}

export interface TableDef {
  readonly name: string
  /** The data type, `schema.table`. */
  readonly from: string
  /** The field that identifies a row; with `on`. Without it there is one row per record key. */
  readonly id?: string
  /** Evaluated on the current event: the row whose `id` equals it. */
  readonly on?: Expression
  readonly fields: ReadonlyMap<string, FieldType>
  readonly source: Source
}

export type ListItem = string | number | boolean

export interface ListDef {
  readonly name: string
  /** `control`: starts empty, changed by control records. */
  readonly from: 'static' | 'control'
  /** Empty for `control`. */
  readonly items: ReadonlySet<ListItem>
  readonly source: Source
}

export interface Window {
  /** The far end: events at `time - fromMs` are in. */
  readonly fromMs: number
  /** The near end, inclusive; 0 unless the window is offset. */
  readonly toMs: number
}

export interface FeatureDef {
  readonly name: string
  readonly event: string
  readonly agg: Aggregate
  readonly where?: Expression<boolean>
  /** Absent for `count`. */
  readonly value?: Expression
  /** Evaluated on the event that contributes and on the event that reads. */
  readonly by?: Expression
  readonly window: Window
  readonly include: 'current' | 'prior'
  readonly scope: 'key' | 'global'
  /** Of a global feature: which results are written. It reads `value`, `by` and `key`. */
  readonly emit?: Expression<boolean>
  readonly type: ValueType
  /** True when it shows a masked field's value (`first`, `last`, `min`, `max` of one). */
  readonly pii: boolean
  readonly source: Source
}

export interface Then {
  readonly outcome: Outcome
  /** 0 to 100. */
  readonly score: number
  readonly reason?: Template
}

interface RuleBase {
  readonly id: string
  readonly mode: Mode
  readonly describe?: string
  readonly owner?: string
  readonly tags: readonly string[]
  /** The first millisecond at which the rule is gone (exclusive): the end of its last UTC day. */
  readonly expiresAtMs?: number
  readonly then: Then
  readonly source: Source
}

export interface EventRule extends RuleBase {
  readonly kind: 'event'
  readonly event: string
  readonly when: Expression<boolean>
}

export interface NamedStep {
  readonly kind: 'event'
  readonly name: string
  readonly event: string
  /** Reads `e` (this step's event), `key`, and the names of this and earlier steps. */
  readonly where?: Expression<boolean>
  readonly source: Source
}

export interface NotStep {
  readonly kind: 'not'
  readonly event: string
  /** Reads `e` (the event that must not be), `key`, and the names of earlier steps. */
  readonly where?: Expression<boolean>
  /** Absent: until the next step. The last step always has it. */
  readonly forMs?: number
  readonly source: Source
}

export type Step = NamedStep | NotStep

export interface SequenceRule extends RuleBase {
  readonly kind: 'sequence'
  /** Evaluated on each step's event. */
  readonly by?: Expression
  /** Last time − first time, inclusive. */
  readonly withinMs: number
  readonly anyOrder: boolean
  /** Default 1,000. */
  readonly maxCandidates: number
  readonly steps: readonly Step[]
}

export type Rule = EventRule | SequenceRule

/** A record of an inline test. `timeMs` is the test's `start` (default 2026-01-01T00:00:00Z) plus `t`. */
export interface TestEvent {
  readonly timeMs: number
  /** `control` for the types `tick` and `list`. */
  readonly kind: 'business' | 'data' | 'control'
  readonly type: string
  /** The record key; undefined for control records. */
  readonly key?: string
  /** Absent: the runner numbers them. */
  readonly id?: string
  /** Of a data record: the envelope with `op`, `before` and `after`. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly source: Source
}

/** What an inline test expects; what is absent is not compared. */
export interface TestExpectation {
  /** The event decided, counted from 1 in the test's `events`. */
  readonly event: number
  /** The extra decision that this rule's trailing `not` makes about the event, instead of the event's own. */
  readonly trailing?: string
  /** The decision on the result that this global feature gave to the event, instead of the event's own. */
  readonly feature?: string
  /** False: there must be no such decision. Default true. */
  readonly decided: boolean
  readonly outcome?: Outcome
  readonly score?: number
  /** Ids of the rules that fired, live and shadow, all of them, in any order. */
  readonly rules?: readonly string[]
  /** The reason of one of the rules that fired. */
  readonly reason?: string
  readonly late?: boolean
  readonly source: Source
}

export interface TestDef {
  readonly name: string
  readonly events: readonly TestEvent[]
  readonly expect: readonly TestExpectation[]
  readonly source: Source
}

export interface RuleSet {
  readonly options: RuleSetOptions
  /** By event type; the `feature.NAME` events of global features too. */
  readonly events: ReadonlyMap<string, EventDef>
  readonly tables: ReadonlyMap<string, TableDef>
  readonly lists: ReadonlyMap<string, ListDef>
  readonly features: ReadonlyMap<string, FeatureDef>
  /** In the order of the files, sorted by name. */
  readonly rules: readonly Rule[]
  readonly tests: readonly TestDef[]
  /**
   * The same rule set as one JSON rule file in canonical form, without its tests, defaults left out, durations in ms:
   * it loads to a rule set with the same hash.
   */
  readonly canonical: string
  /** `sha256:` and the hex digest of `canonical`. */
  readonly hash: string
  readonly warnings: readonly RuleSetIssue[]
}
