import type { Readable } from 'node:stream'
import type { LogClient } from '../log/log.ts'
import type { WeirConfig } from '../runtime/config.ts'
import type { Output } from './output.ts'

/** 0: done. 1: it ran and found problems. 2: misuse; nothing was done. */
export type ExitCode = 0 | 1 | 2

/** The world around the command line, in place of the process itself. */
export interface Surroundings {
  /** What was asked for. */
  readonly out: Output
  /** Progress, notes and errors. */
  readonly err: Output
  readonly input: Readable
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted at the first Ctrl-C or SIGTERM: finish what is in hand. A second one ends the process at once. */
  readonly interrupted: AbortSignal
  /** Connects to a log as a client beside its owner. @throws LogError */
  connect(config: WeirConfig, options: ConnectOptions): Promise<LogClient>
}

export interface ConnectOptions {
  /** Whether to make an embedded log where there is none. */
  readonly create: boolean
}

/** What a command works with. */
export interface Cli extends Surroundings {
  /** Gives a command's action its exit code. */
  action<Args extends unknown[]>(run: (...args: Args) => Promise<ExitCode>): (...args: Args) => Promise<void>
}
