import { type Clock, systemClock } from '../time/clock.ts'

/** One press of Ctrl-C may arrive several times: from the terminal, and handed on by a wrapper. */
const onePressMs = 300

/**
 * A signal that aborts at the first SIGINT or SIGTERM from now on, so that a command can finish what is in hand; at the
 * second the process ends as the signal alone would have ended it.
 */
export function listenForInterruption(clock: Clock = systemClock): AbortSignal {
  const controller = new AbortController()
  let firstMs: number | undefined
  const stop = (name: NodeJS.Signals) => {
    if (firstMs !== undefined && clock.nowMs() - firstMs > onePressMs) {
      process.removeAllListeners(name)
      process.kill(process.pid, name)
    }
    firstMs ??= clock.nowMs()
    controller.abort()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  return controller.signal
}
