import type { OracleEvent, TrailingTwin, Twin } from './twins.ts'

export interface Waiting {
  readonly twin: TrailingTwin
  readonly event: OracleEvent
  readonly dueMs: number
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Events of one partition that wait for nothing to follow. */
export class OracleWaiting {
  readonly #twins: readonly TrailingTwin[]
  #waiting: Waiting[] = []

  constructor(twins: readonly Twin[]) {
    this.#twins = twins.filter((twin) => twin.kind === 'trailing')
  }

  /** An event was applied. */
  add(event: OracleEvent): void {
    for (const twin of this.#twins) {
      if (event.type === twin.event) this.#waiting.push({ twin, event, dueMs: event.timeMs + twin.forMs })
    }
  }

  /** Those that stream time has passed and nothing followed, in the order in which they fire; they wait no more. */
  due(streamTimeMs: number, historyOf: (key: string) => readonly OracleEvent[]): Waiting[] {
    const due = this.#waiting.filter(({ dueMs }) => dueMs < streamTimeMs)
    if (due.length === 0) return []
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs >= streamTimeMs)
    return due
      .sort((a, b) => a.dueMs - b.dueMs || a.event.offset - b.event.offset || text(a.twin.id, b.twin.id))
      .filter(({ twin, event, dueMs }) =>
        historyOf(event.key).every(({ type, timeMs }) => type !== twin.not || timeMs <= event.timeMs || timeMs > dueMs),
      )
  }
}
