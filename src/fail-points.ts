/**
 * Places where a test may end the process, in the order of a commit, a restore and a reset. `WEIR_FAIL_POINT=<name>:<n>` kills the process
 * (SIGKILL, as a crash would) when it passes the place for the n-th time; unset, passing costs one comparison.
 */
export const failPoints = [
  'in-process',
  'after-produce',
  'after-offsets',
  'end-transaction-unanswered',
  'before-apply',
  'during-apply',
  'in-restore',
  'reset-committed',
  'reset-deleted',
] as const

export type FailPoint = (typeof failPoints)[number]

const [armed, count] = (process.env['WEIR_FAIL_POINT'] ?? '').split(':')
let left = Number(count ?? 1)

/** Ends the process here when the environment asks for it. */
export function passFailPoint(name: FailPoint): void {
  if (failsAt(name)) dieAt(name)
}

/** Passes the place; true when the process is to end at it, for places that must do something before `dieAt`. */
export const failsAt = (name: FailPoint): boolean => armed === name && --left === 0

export function dieAt(name: FailPoint): void {
  process.stderr.write(`fail point ${name}: the process ends\n`)
  process.kill(process.pid, 'SIGKILL')
}
