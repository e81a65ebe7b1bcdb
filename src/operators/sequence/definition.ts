import type { Serde } from '../../record/serde.ts'
import type { WindowStoreDef } from '../../state/stores.ts'
import type { StreamRecord } from '../../topology/operator.ts'

/** An event of a sequence; events are ordered by (time, offset), strictly. */
export interface SequenceEvent<E> {
  readonly timeMs: number
  readonly offset: number
  readonly value: E
}

/** An event with its record key: what arrives. */
export interface KeyedEvent<E> extends SequenceEvent<E> {
  readonly key: string
}

/** Events of the steps, by step name. */
export type StepEvents<E> = Readonly<Record<string, SequenceEvent<E>>>

/** A condition over an event and those of earlier steps. */
export interface JointCondition<E> {
  /**
   * Names of the earlier steps that `test` reads; default all earlier ones. The fewer, the sooner a candidate is ruled
   * out: split a conjunction into its parts.
   */
  readonly reads?: readonly string[]
  /** Must be pure, and false where it reads something absent. `earlier` holds at least the steps in `reads`. */
  test(own: SequenceEvent<E>, earlier: StepEvents<E>, key: string): boolean
}

/** One side of an equality between steps. */
export interface IndexField<E> {
  /** What is read, as a name: the same name must mean the same value in every step that shares a slot. */
  readonly field: string
  /** The value as text (`typedKey`); `undefined` when absent: it then equals nothing. */
  read(value: E): string | undefined
}

/** What named steps and `not`s have in common. */
export interface PlaceDef<E> {
  /** The event's type and the conditions on it alone. Must be pure. */
  matches(event: KeyedEvent<E>): boolean
  readonly where?: readonly JointCondition<E>[]
  /**
   * Equalities with other steps, by group: all steps and `not`s that name a group must agree in it. Equalities with the
   * arriving event are looked up in an index, others are tested.
   */
  readonly index?: Readonly<Record<string, IndexField<E>>>
  /**
   * A short name for what is kept: places with the same slot keep an event once, also those of other sequences that use the
   * same store. They must have the same `matches`, `by`, and kept value. Default: `<sequence>/<place>`.
   */
  readonly slot?: string
}

export interface StepDef<E> extends PlaceDef<E> {
  readonly name: string
}

/** No such event after a step. */
export interface NotDef<E> extends PlaceDef<E> {
  /** The name of the step before it; several `not`s after one step must all hold. */
  readonly after: string
  /**
   * None in (previous time, previous time + forMs], and the next step comes no sooner. Without it: none in (previous
   * time, next time]. After the last step it is required: the sequence fires when stream time exceeds that time.
   */
  readonly forMs?: number
}

export interface SequenceDef<E> {
  /** Unique in its topology; stores are named after it. */
  readonly name: string
  readonly steps: readonly StepDef<E>[]
  readonly nots?: readonly NotDef<E>[]
  /** Events of one sequence agree in the record key and in this; `undefined` excludes an event. Default: the key alone. */
  by?(event: KeyedEvent<E>): string | undefined
  /** Last time − first time, inclusive. */
  readonly withinMs: number
  /** Events older than stream time by more than this are dropped. */
  readonly graceMs: number
  /** Steps may come in any order, within `withinMs` of each other. Default false. */
  readonly anyOrder?: boolean
  /** The newest candidates a step has for an arriving event. Default 1,000. */
  readonly maxCandidates?: number
  /** What of an event is kept: all that `by`, `index`, `where` and the reader of a match look at must survive it. */
  readonly serde: Serde<E>
  /** Stores shared with other sequences, with enough retention (`sequenceRetentionMs`). Default: stores of its own. */
  readonly stores?: SequenceStores<E>
  /**
   * The event in a record as the source read it, for prefetching; it must be what the operator receives for that record.
   * Default: the record's value.
   */
  read?(record: StreamRecord<unknown>): E | undefined
}

export interface SequenceStores<E> {
  /** What candidates are read from. */
  readonly events: WindowStoreDef<E>
  /** What waits for a trailing `not`; entries by the time at which they are due. */
  readonly waiting: WindowStoreDef<Waiting<E>>
}

/** A last named event that waits for its trailing `not`, or has fired. */
export interface Waiting<E> {
  readonly key: string
  readonly value: E
  /** The offset of the record at which it fired; undefined while it waits. */
  readonly firedAt?: number | undefined
}

export interface MatchedStep<E> {
  readonly name: string
  readonly event: SequenceEvent<E>
}

export interface SequenceMatch<E> {
  /** In the order of the definition. */
  readonly steps: readonly MatchedStep<E>[]
  /** The name of the step that the arriving event fills; of a trailing `not` the last named step. */
  readonly arriving: string
  /** A look-back met `maxCandidates`: there may be a better match. */
  readonly truncated: boolean
}

/** A match that fired after its trailing `not`. */
export interface OverdueMatch<E> extends SequenceMatch<E> {
  /** The last named event: what the match is about. */
  readonly event: KeyedEvent<E>
  /** The last named event's time plus the longest trailing `forMs`. */
  readonly dueMs: number
}

/** What an arriving event did. `truncated` also when nothing matched within the bound. */
export interface SequenceOutcome<E> {
  readonly match: SequenceMatch<E> | undefined
  readonly truncated: boolean
}
