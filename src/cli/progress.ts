import { type Clock, systemClock, type Timer } from '../time/clock.ts'
import type { Output } from './output.ts'

/** A line that says how far something is. */
export interface Progress {
  /** What to show from now on, such as `1,200 events sent`. Cheap: it is drawn at most ten times a second. */
  show(text: string): void
  /** Takes the line away. */
  done(): void
}

const firstAfterMs = 1_000
const everyMs = 100

/** Draws on a terminal, from the first second on, in place; writes nothing elsewhere. */
export function startProgress(to: Output, clock: Clock = systemClock): Progress {
  if (!to.isTTY) return { show() {}, done() {} }
  let text = ''
  let drawn = ''
  let timer: Timer
  const draw = () => {
    if (text !== drawn) void to.write(`\r\x1b[2K${text.slice(0, to.columns - 1)}`)
    drawn = text
    timer = clock.setTimeout(draw, everyMs)
  }
  timer = clock.setTimeout(draw, firstAfterMs)
  return {
    show: (next) => {
      text = next
    },
    done: () => {
      timer.cancel()
      if (drawn !== '') void to.write('\r\x1b[2K')
    },
  }
}

const barCells = 24

/** `[######------------------]  25 %  1,200 lines`; without a share (0 to 1) the text alone. */
export function progressText(text: string, share: number | undefined): string {
  if (share === undefined) return text
  const filled = Math.floor(share * barCells)
  const percent = String(Math.floor(share * 100)).padStart(3)
  return `[${'#'.repeat(filled)}${'-'.repeat(barCells - filled)}] ${percent} %  ${text}`
}

/** `1234567` → `1,234,567`. */
export const grouped = (count: number): string => count.toLocaleString('en-GB')
