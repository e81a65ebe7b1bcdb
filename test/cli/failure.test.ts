import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { exitCodeOf, failureText, UsageError } from '../../src/cli/failure.ts'
import { ConfigError, LogError, RuleSetError } from '../../src/errors.ts'

const issue = {
  severity: 'error' as const,
  file: 'a.yaml',
  line: 3,
  column: 5,
  code: 'unknown-key',
  message: 'no such key',
}

describe('an error at the command line', () => {
  it.each([
    [new UsageError('say where'), 2, 'say where [usage]'],
    [new ConfigError('config-invalid', 'port is wrong'), 2, 'port is wrong [config-invalid]'],
    [new LogError('log-closed', 'the log is closed'), 1, 'the log is closed [log-closed]'],
    [
      new LogError('log-unavailable', 'no broker answers'),
      1,
      'no broker answers; see that it runs and that its address is right (--kafka, --data-dir) [log-unavailable]',
    ],
    [
      new RuleSetError([{ ...issue, hint: 'did you mean id?' }]),
      1,
      'the rule set has 1 problem [rule-set-invalid]\n  a.yaml:3:5 no such key [unknown-key]; did you mean id?',
    ],
    [Object.assign(new Error('no space left'), { code: 'ENOSPC' }), 1, 'no space left [ENOSPC]'],
    [new Error('oops'), 1, 'oops [unexpected]; run it again with --verbose to see where, and report it'],
    ['thrown text', 1, 'thrown text [unexpected]; run it again with --verbose to see where, and report it'],
  ])('has an exit code, and is one sentence with a code: %s', (error, code, text) => {
    expect([exitCodeOf(error), failureText(error)]).toEqual([code, text])
  })

  it('was printed by the parser already when it comes from there', () => {
    expect(failureText(new CommanderError(1, 'x', 'y'))).toBeUndefined()
    expect(exitCodeOf(new CommanderError(1, 'x', 'y'))).toBe(2)
    expect(exitCodeOf(new CommanderError(0, 'commander.helpDisplayed', 'y'))).toBe(0)
  })
})
