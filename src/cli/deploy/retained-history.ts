import type { LogClient } from '../../log/log.ts'
import { headerNames } from '../../record/ingress.ts'
import type { LogRecord, TopicPartition } from '../../record/record.ts'
import { timeInHeader } from '../../record/time-header.ts'
import { type HistoryNeed, historyNeededBy } from '../../rules/deploy/history-needed.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { formatDuration } from '../../time/duration.ts'

const waitMs = 200
const tailRecords = 200

const timeOf = ({ headers, timestampMs }: LogRecord): number => {
  const time = headers[headerNames.time]
  return (time === undefined ? undefined : timeInHeader(time)) ?? timestampMs
}

/** How long a time a partition still holds; infinite when nothing of it was ever deleted. */
async function retainedMs(log: LogClient, at: TopicPartition): Promise<number> {
  const start = await log.startOffset(at)
  if (start === 0) return Number.POSITIVE_INFINITY
  const end = await log.endOffset(at, 'read-committed')
  const [first] = await someRecords(log, at, start, end)
  const last = (await someRecords(log, at, Math.max(start, end - tailRecords), end)).at(-1)
  return first === undefined || last === undefined ? 0 : timeOf(last) - timeOf(first)
}

async function someRecords(log: LogClient, at: TopicPartition, offset: number, end: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  const reader = await log.openReader({ ...at, offset, isolation: 'read-committed' })
  try {
    while (records.length === 0 && reader.position < end) records.push(...(await reader.poll(waitMs)).records)
  } finally {
    await reader.close()
  }
  return records
}

/**
 * Which parts of a rule set look back further than the log does, each as a sentence; empty when the log holds all they
 * need.
 */
export async function historyMissing(
  log: LogClient,
  topic: string,
  partitions: number,
  ruleSet: RuleSet,
): Promise<string[]> {
  const numbers = [...Array(partitions).keys()]
  const retained = Math.min(...(await Promise.all(numbers.map((partition) => retainedMs(log, { topic, partition })))))
  return historyNeededBy(ruleSet)
    .filter(({ ms }) => ms > retained)
    .map((need) => sentence(need, retained))
}

const sentence = ({ part, ms }: HistoryNeed, retained: number): string =>
  `${part} looks back ${Number.isFinite(ms) ? formatDuration(ms) : 'to the beginning'}, but ${retained === 0 ? 'no events are left' : `the log holds ${formatDuration(Math.floor(retained / 1_000) * 1_000)}`}`
