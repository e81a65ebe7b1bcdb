import type { Log } from '../log/log.ts'
import { applicationHeader, headerNames } from '../record/headers.ts'
import type { LogRecord, TopicPartition } from '../record/record.ts'

/** From where on a reset compares decisions: an offset, or the first record that was appended at `timeMs` or later. */
export type ResetPoint = { readonly offset: number } | { readonly timeMs: number }

export interface SurveyOptions {
  readonly applicationId: string
  readonly point: ResetPoint
  /** How far the application has processed the partition. */
  readonly decidedTo: number
}

/** What a reset would find in a partition. */
export interface ResetSurvey {
  /** At most `decidedTo`: then there is nothing to compare. */
  readonly compareFrom: number
  /** Records below `decidedTo`: what is read again. */
  readonly records: number
  /** Decisions in the log for events from the point on, each once. */
  readonly decisions: number
}

const waitMs = 200

/** Reads a partition from the beginning of the log to its end. */
export async function surveyPartition(log: Log, at: TopicPartition, options: SurveyOptions): Promise<ResetSurvey> {
  const { point, decidedTo } = options
  const start = await log.startOffset(at)
  const end = await log.endOffset(at, 'read-committed')
  let compareFrom = 'offset' in point ? Math.min(Math.max(point.offset, start), decidedTo) : decidedTo
  let records = 0
  let decisions = 0
  const reader = await log.openReader({ ...at, offset: start, isolation: 'read-committed' })
  try {
    while (reader.position < end) {
      for (const record of (await reader.poll(waitMs)).records) {
        const { offset, timestampMs } = record
        if (offset < decidedTo) records++
        if ('timeMs' in point && timestampMs >= point.timeMs) compareFrom = Math.min(compareFrom, offset)
        const event = eventOf(record, options.applicationId)
        if (event !== undefined && event >= compareFrom && event < decidedTo) decisions++
      }
    }
  } finally {
    await reader.close()
  }
  return { compareFrom, records, decisions }
}

/** The offset of the event that a record of the application decides; of first decisions only. */
function eventOf({ headers }: LogRecord, applicationId: string): number | undefined {
  if (String(headers[headerNames.kind]) !== 'decision') return undefined
  if (String(headers[applicationHeader] ?? applicationId) !== applicationId) return undefined
  const [, offset] = /^[ad]:\d+:(\d+)(?::|$)/.exec(String(headers[headerNames.id])) ?? []
  return offset === undefined ? undefined : Number(offset)
}
