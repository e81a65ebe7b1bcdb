import type { HealthSnapshot } from '../runtime/health.ts'
import { systemClock, type Timer } from '../time/clock.ts'
import type { Output } from './output.ts'
import { grouped, startProgress } from './progress.ts'

const everyMs = 500

/** On a terminal: one line that says how far the restores of an instance are, while there are any. */
export function startRestoreLine(to: Output, health: () => HealthSnapshot): { done(): void } {
  if (!to.isTTY) return { done() {} }
  const line = startProgress(to)
  let timer: Timer
  const look = () => {
    line.show(restoreText(health()))
    timer = systemClock.setTimeout(look, everyMs)
  }
  look()
  return {
    done() {
      timer.cancel()
      line.done()
    },
  }
}

/** All restores together; empty when there are none. The slowest one says how long it will take. */
export function restoreText({ tasks }: HealthSnapshot): string {
  const restores = tasks.flatMap(({ restore }) => restore ?? [])
  const sum = (of: (restore: (typeof restores)[number]) => number) => restores.reduce((all, each) => all + of(each), 0)
  const [total, remaining, perSecond] = [
    sum((each) => each.total),
    sum((each) => each.remaining),
    sum((each) => each.perSecond),
  ]
  if (total === 0) return ''
  const what = `restoring ${restores.length} ${restores.length === 1 ? 'task' : 'tasks'}`
  const seconds = Math.max(...restores.map(({ secondsLeft = 0 }) => secondsLeft))
  const pace = perSecond === 0 ? '' : `, ${grouped(perSecond)} a second, about ${seconds} s left`
  return `${what}: ${grouped(total - remaining)} of ${grouped(total)} records${pace}`
}
