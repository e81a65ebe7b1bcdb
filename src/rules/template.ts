import type { Scope } from './expression.ts'

/** A reason with `{expression}` in it. */
export interface Template {
  readonly text: string
  /** What its expressions read, as written, sorted. */
  readonly reads: readonly string[]
  /** The control lists that its expressions ask for. */
  readonly lists: readonly string[]
  /** Numbers with at most two decimals; an absent value prints `?`, a masked one `***`. */
  render(scope: Scope): string
}
