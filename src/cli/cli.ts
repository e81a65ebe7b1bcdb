import type { Readable } from 'node:stream'
import type { Output } from './output.ts'

/** 0: done. 1: it ran and found problems. 2: misuse; nothing was done. */
export type ExitCode = 0 | 1 | 2

/** What a command works with, in place of the process itself. */
export interface Cli {
  /** What was asked for. */
  readonly out: Output
  /** Progress, notes and errors. */
  readonly err: Output
  readonly input: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted at the first Ctrl-C or SIGTERM: finish what is in hand. A second one ends the process at once. */
  readonly interrupted: AbortSignal
  /** Gives a command's action its exit code. */
  action<Args extends unknown[]>(run: (...args: Args) => Promise<ExitCode>): (...args: Args) => Promise<void>
}
