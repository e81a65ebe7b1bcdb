/** An event as a global feature sees it. */
export interface GlobalEvent {
  readonly partition: number
  readonly offset: number
  readonly id: string
  readonly key: string
  readonly timeMs: number
  readonly fields: Readonly<Record<string, string | number | boolean | undefined>>
}

/** A global feature in words that need no rule file. */
export interface GlobalTwin {
  readonly name: string
  readonly agg: 'count' | 'sum' | 'distinct'
  /** `undefined`: the event does not count. */
  by(event: GlobalEvent): string | number | undefined
  value?(event: GlobalEvent): string | number | undefined
  readonly where?: (event: GlobalEvent) => boolean
  readonly fromMs: number
  readonly toMs?: number
  readonly prior?: true
  readonly emit?: (value: number) => boolean
}

/** What must come back into main. */
export interface ExpectedResult {
  readonly id: string
  readonly type: string
  readonly partition: number
  readonly key: string
  readonly timeMs: number
  readonly payload: { readonly by: string | number; readonly cause: string; readonly value: number }
}

export interface Admitted {
  readonly applied: readonly GlobalEvent[]
  readonly late: readonly GlobalEvent[]
  readonly duplicates: readonly GlobalEvent[]
}

/** Sorts one partition's events, in log order, into what is applied, late, and there already. */
export function admittedOf(events: readonly GlobalEvent[], graceMs: number): Admitted {
  const applied: GlobalEvent[] = []
  const late: GlobalEvent[] = []
  const duplicates: GlobalEvent[] = []
  let streamTimeMs = Number.NEGATIVE_INFINITY
  for (const event of events) {
    streamTimeMs = Math.max(streamTimeMs, event.timeMs)
    const oldestMs = streamTimeMs - graceMs
    if (applied.some(({ key, id, timeMs }) => key === event.key && id === event.id && timeMs >= oldestMs))
      duplicates.push(event)
    else if (event.timeMs < oldestMs) late.push(event)
    else applied.push(event)
  }
  return { applied, late, duplicates }
}

/** True when the event adds something to the feature. */
export const countsIn = ({ by, value, where }: GlobalTwin, event: GlobalEvent): boolean =>
  (where?.(event) ?? true) && by(event) !== undefined && (value === undefined || value(event) !== undefined)

/** What a feature says of each event that counts, the events in the order in which they meet. */
export function resultsOf(feature: GlobalTwin, events: readonly GlobalEvent[]): ExpectedResult[] {
  const counted = events.filter((event) => countsIn(feature, event))
  return counted.flatMap((event, index) => {
    const { name, by, fromMs, toMs = 0, prior, emit = () => true } = feature
    const before = counted.slice(0, prior === undefined && toMs === 0 ? index + 1 : index)
    const inWindow = before.filter(
      (other) =>
        by(other) === by(event) && other.timeMs >= event.timeMs - fromMs && other.timeMs <= event.timeMs - toMs,
    )
    const value = aggregate(feature, inWindow)
    const { partition, offset, key, timeMs, id: cause } = event
    const type = `feature.${name}`
    const payload = { by: by(event)!, cause, value }
    return emit(value) ? [{ id: `f:${name}:${partition}:${offset}`, type, partition, key, timeMs, payload }] : []
  })
}

function aggregate({ agg, value }: GlobalTwin, events: readonly GlobalEvent[]): number {
  if (agg === 'count') return events.length
  const values = events.map((event) => value!(event)!)
  return agg === 'distinct' ? new Set(values).size : values.reduce<number>((sum, each) => sum + Number(each), 0)
}
