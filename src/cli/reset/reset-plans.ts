import type { Log } from '../../log/log.ts'
import type { TopicPartition } from '../../record/record.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { planReset, type ResetPlan } from '../../runtime/reset.ts'
import type { ResetPoint } from '../../runtime/reset-survey.ts'
import { UsageError } from '../failure.ts'
import { describedTopic } from '../main-topic.ts'
import type { DecidedBy } from './decided-by.ts'

/** Which decisions a reset compares, and what becomes of those that differ. */
export interface ResetFlags {
  readonly toTime?: number
  /** `partition:offset`. */
  readonly toOffset?: readonly string[]
  readonly redecide?: boolean
  /** Accepts a log that has lost its beginning. */
  readonly incomplete?: boolean
}

/**
 * What a reset would do, by partition; nothing for those of which nothing was processed, or that stay as they are.
 * @throws UsageError for what could not be right, with the way out
 */
export async function resetPlans(
  log: Log,
  { appId, mainTopic }: WeirConfig,
  by: DecidedBy,
  flags: ResetFlags,
): Promise<ResetPlan[]> {
  const { partitions } = await describedTopic(log, mainTopic)
  const pointOf = pointsOf(flags, partitions)
  const plans: ResetPlan[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const point = pointOf(partition)
    if (point === undefined) {
      await refuseLeftOut(log, appId, { topic: mainTopic, partition }, by)
      continue
    }
    const aim = { point, redecide: flags.redecide ?? false }
    const plan = await planReset(log, appId, { topic: mainTopic, partition }, aim)
    if (plan === undefined) continue
    refuseOutside(plan, point)
    refuseWithoutBeginning(plan, by, flags)
    plans.push(plan)
  }
  return plans
}

/** One application runs one rule set: it would not start with partitions that hold state of another. */
async function refuseLeftOut(log: Log, appId: string, at: TopicPartition, { otherwise }: DecidedBy): Promise<void> {
  const hash = otherwise.get(at.partition)
  const [committed] = hash === undefined ? [] : await log.committedOffsets(appId, [at])
  if (committed === undefined) return
  throw new UsageError(
    `the rule files have changed, and partition ${at.partition} would keep the state of ${hash}: the application could not start (rule-set-changed). ` +
      `Name every partition in --to-offset (${at.partition}:${committed.offset} compares nothing there), or use --to-start or --to-time`,
  )
}

function refuseWithoutBeginning({ topic, partition, to }: ResetPlan, { deployed }: DecidedBy, flags: ResetFlags): void {
  const isDeployed = deployed.length > 0
  if (to === 0 || (flags.incomplete && !isDeployed)) return
  const begins = `partition ${partition} of ${topic} begins at offset ${to}`
  throw new UsageError(
    isDeployed
      ? `${begins}, so that the log no longer says which of the rule sets that were deployed was in force where; make the state of the one in force anew with weir deploy DIR --again`
      : `${begins}: state from before would be missing; --incomplete accepts that`,
  )
}

/** The point of each partition; `undefined` for those that stay as they are. */
function pointsOf({ toTime, toOffset }: ResetFlags, partitions: number): (partition: number) => ResetPoint | undefined {
  if (toTime !== undefined) return () => ({ timeMs: toTime })
  if (toOffset === undefined) return () => ({ offset: 0 })
  const points = new Map<number, ResetPoint>()
  for (const text of toOffset) {
    const [, partition, offset] = /^(\d+):(\d+)$/.exec(text) ?? []
    if (partition === undefined || Number(partition) >= partitions || points.has(Number(partition))) {
      throw new UsageError(
        `--to-offset takes partition:offset, each partition once, from 0 to ${partitions - 1}; not ${text}`,
      )
    }
    points.set(Number(partition), { offset: Number(offset) })
  }
  return (partition) => points.get(partition)
}

function refuseOutside({ partition, to, decidedTo }: ResetPlan, point: ResetPoint): void {
  if (!('offset' in point) || point.offset === 0 || (point.offset >= to && point.offset <= decidedTo)) return
  throw new UsageError(
    `partition ${partition} can go back to ${to} at least and ${decidedTo} at most, not ${point.offset}`,
  )
}
