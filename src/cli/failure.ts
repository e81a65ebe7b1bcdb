import { CommanderError } from 'commander'
import { ConfigError, RuleSetError, WeirError } from '../errors.ts'
import type { ExitCode } from './cli.ts'

/** The command line contradicts itself or the files it names: nothing was done. The message names the remedy. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** 2 for what the person who typed the command can mend, 1 for what went wrong on the way. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
}

/** One sentence with the error's code; `undefined` for what commander has printed already. */
export function failureText(error: unknown): string | undefined {
  if (error instanceof CommanderError) return undefined
  if (error instanceof RuleSetError) return [sentence(error), ...error.issues.map(issueText)].join('\n  ')
  if (error instanceof WeirError) return sentence(error)
  if (error instanceof UsageError) return `${error.message} [usage]`
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code !== undefined) return `${(error as Error).message} [${code}]`
  return `${error instanceof Error ? error.message : String(error)} [unexpected]; run it again with --verbose to see where, and report it`
}

/** What to do, for codes whose messages come from below and only say what happened. */
const remedies: Readonly<Record<string, string>> = {
  'log-unavailable': 'see that it runs and that its address is right (--kafka, --data-dir)',
}

function sentence({ message, code }: WeirError): string {
  const remedy = remedies[code]
  return `${message}${remedy === undefined || message.includes(';') ? '' : `; ${remedy}`} [${code}]`
}

const issueText = ({ file, line, column, code, message, hint }: RuleSetError['issues'][number]): string =>
  `${file}:${line}:${column} ${message} [${code}]${hint === undefined ? '' : `; ${hint}`}`
