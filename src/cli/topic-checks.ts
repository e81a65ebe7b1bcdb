import type { LogClient, TopicDescription } from '../log/log.ts'
import { deadLetterTopic } from '../rules/operators/sinks.ts'
import { formatDuration } from '../time/duration.ts'
import { formatEventTime } from '../time/event-time.ts'
import { differences, type PlannedTopic } from './topic-plan.ts'

export interface TopicFindings {
  readonly problems: string[]
  readonly warnings: string[]
}

export interface TopicChecks {
  readonly log: LogClient
  /** Main first. */
  readonly planned: readonly PlannedTopic[]
  /** Whether copies of partitions mean anything. */
  readonly replicated: boolean
  readonly nowMs: number
}

/** Compares what is there with what an application needs; problems keep it from working, warnings lose something later. */
export async function checkTopics({ log, planned, replicated, nowMs }: TopicChecks): Promise<TopicFindings> {
  const findings: TopicFindings = { problems: [], warnings: [] }
  const found = new Map<string, TopicDescription>()
  for (const topic of planned) {
    const description = await log.describeTopic(topic.topic)
    if (description === undefined) {
      findings.problems.push(`${topic.topic} is missing; weir topics create makes it`)
      continue
    }
    found.set(topic.topic, description)
    const { problems, warnings } = differences(topic, description)
    findings.problems.push(...problems)
    findings.warnings.push(...warnings, ...(replicated ? copiesOf(description) : []))
  }
  const main = found.get(planned[0]!.topic)
  if (main === undefined) return findings
  const deadLetters = found.get(deadLetterTopic(main.topic))
  if (deadLetters !== undefined && maxBytes(deadLetters) <= maxBytes(main)) {
    findings.problems.push(
      `${deadLetters.topic} takes ${maxBytes(deadLetters)} bytes, ${main.topic} ${maxBytes(main)}: a dead letter is its record with headers more; raise max.message.bytes of ${deadLetters.topic}`,
    )
  }
  await checkRetention(log, main, nowMs, findings)
  await checkWriters(log, main.topic, findings)
  return findings
}

const maxBytes = ({ config }: TopicDescription): number => Number(config['max.message.bytes'] ?? 1_048_588)

function copiesOf({ topic, replicationFactor, config }: TopicDescription): string[] {
  if (replicationFactor === 1) return [`${topic} has one copy and is lost with its broker; give it 3`]
  const needed = Number(config['min.insync.replicas'] ?? 1)
  if (needed < 2) return [`${topic} commits with one copy in sync, which may be lost; set min.insync.replicas=2`]
  return needed >= replicationFactor
    ? [
        `${topic} needs all ${replicationFactor} copies in sync: one broker away stops it; set min.insync.replicas=${replicationFactor - 1}`,
      ]
    : []
}

/** Brokers delete by a record's timestamp: one that came with the history it was loaded from may be past it at once. */
async function checkRetention(
  log: LogClient,
  { topic, partitions, config }: TopicDescription,
  nowMs: number,
  { problems }: TopicFindings,
): Promise<void> {
  const retentionMs = Number(config['retention.ms'] ?? -1)
  if (retentionMs < 0) return
  for (let partition = 0; partition < partitions; partition++) {
    const at = { topic, partition }
    const [offset, end] = [await log.startOffset(at), await log.endOffset(at, 'read-committed')]
    if (offset >= end) continue
    const reader = await log.openReader({ ...at, offset, isolation: 'read-committed', maxBytes: 1 })
    const [oldest] = (await reader.poll(500).finally(() => reader.close())).records
    if (oldest === undefined || oldest.timestampMs >= nowMs - retentionMs) continue
    problems.push(
      `${topic} keeps records for ${formatDuration(retentionMs)}, and those of partition ${partition} begin at ${formatEventTime(oldest.timestampMs)}: the broker deletes them any moment; set retention.ms=-1 first`,
    )
  }
}

async function checkWriters(log: LogClient, topic: string, { warnings }: TopicFindings): Promise<void> {
  if (log.topicWriters === undefined) return
  try {
    const writers = await log.topicWriters(topic)
    warnings.push(
      writers === 'everybody'
        ? `the broker checks no rights: whoever reaches it may write to ${topic}, and forge events; without signing also decisions and rules`
        : `may write to ${topic}, and so forge events: ${writers.join(', ') || 'nobody by a right of its own'}, and the broker’s super users`,
    )
  } catch (error) {
    warnings.push(`who may write to ${topic} is not known: ${error instanceof Error ? error.message : String(error)}`)
  }
}
