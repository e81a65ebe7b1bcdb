import type { Headers } from '../record/record.ts'
import type { Clock } from '../time/clock.ts'
import { formatEventTime } from '../time/event-time.ts'
import { timeZoneDataVersion } from '../time/zone.ts'
import { version } from '../version.ts'

/** Headers that say when and by what a decision was made. They are beside the value, which depends on the log alone. */
export function stampOf(clock: Clock): () => Headers {
  const by = `weir ${version}, node ${process.versions.node}, tz ${timeZoneDataVersion() ?? 'unknown'}`
  const versions = { 'decided-by': Buffer.from(by) }
  let stampedMs = Number.NaN
  let stamp: Headers = versions
  return () => {
    const nowMs = clock.nowMs()
    // Many decisions are made within a millisecond.
    if (nowMs !== stampedMs) stamp = { 'decided-at': Buffer.from(formatEventTime(nowMs)), ...versions }
    stampedMs = nowMs
    return stamp
  }
}
