import type { ValueType } from './value-type.ts'

/** Whether `value` is in the control list now: injected by whoever evaluates, since control records change lists. */
export type ListLookup = (list: string, value: string | number | boolean) => boolean

/**
 * What an expression is evaluated against: `e`, `key`, `f`, `t` and step names, as far as the expression reads them. An
 * absent field is undefined or missing; a table without a row for this event is undefined or missing.
 */
export interface Scope {
  readonly [name: string]: unknown
  /** Needed only by expressions that ask for a control list (`Expression.lists`). */
  readonly $inList?: ListLookup
}

/** A checked and compiled CEL expression. Pure: the same scope gives the same value. */
export interface Expression<T = unknown> {
  readonly text: string
  readonly type: ValueType
  /** What it reads, as written and sorted, also inside `has()`: `e.amount`, `f.spend_24h`, `t.customers.balance`, `a.geo`, `key`. */
  readonly reads: readonly string[]
  /** The control lists that it asks for. */
  readonly lists: readonly string[]
  /** True when it reads a masked field. */
  readonly pii: boolean
  /**
   * The operands of its top-level `&&`, itself if there is none: a condition is true exactly when all of them are true.
   */
  readonly conjuncts: readonly Expression[]
  /** Both sides of a top-level `==`. */
  readonly equality?: { readonly left: Expression; readonly right: Expression }
  /** Undefined when it reads an absent field or meets another CEL error. What it throws is a failure of ours. */
  evaluate(scope: Scope): T | undefined
}
