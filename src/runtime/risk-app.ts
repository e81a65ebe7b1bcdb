import { LogError } from '../errors.ts'
import type { LogClient } from '../log/log.ts'
import type { IngressMapping } from '../record/ingress.ts'
import type { Authenticity } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { tickRecord } from '../rules/operators/control-tick.ts'
import { deadLetterTopic, lateTopic } from '../rules/operators/sinks.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { stampOf } from '../rules/stamp.ts'
import type { TickAt } from '../task/ticker.ts'
import { type AppOptions, WeirApp } from './app.ts'

export interface RiskAppOptions extends Omit<AppOptions, 'topology' | 'definition'> {
  readonly ruleSet: RuleSet
  /** The topic that holds events and decisions. */
  readonly mainTopic: string
  /** How records without Weir's headers are read. */
  readonly mapping: IngressMapping
  readonly authenticity: Authenticity
  /** Larger values are dead-lettered unread. Default 1 MiB. */
  readonly maxValueBytes?: number
}

/**
 * Makes the application that decides by a rule set: reads main, writes decisions back to it, and records that do not fit
 * to their topics, which are made when they are missing.
 * @throws LogError `topic-missing` when there is no main
 */
export async function createRiskApp(options: RiskAppOptions): Promise<WeirApp> {
  const { ruleSet, mainTopic, mapping, authenticity, maxValueBytes = 1_048_576, log, clock } = options
  const main = await log.describeTopic(mainTopic)
  if (main === undefined) {
    throw new LogError('topic-missing', `the topic "${mainTopic}" does not exist; create it with "weir topics create"`)
  }
  await createSideTopics(log, mainTopic, main.partitions)
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic,
    partitions: main.partitions,
    mapping,
    maxValueBytes,
    authenticity,
    stamp: stampOf(clock),
    applicationId: options.applicationId,
  })
  const { tickAfterMs, maxAheadMs } = ruleSet.options
  const tick = {
    afterMs: tickAfterMs,
    maxAheadMs,
    record: (at: TickAt) => tickRecord({ topic: mainTopic, ...at }, authenticity),
  }
  return new WeirApp({ tick, ...options, topology, definition: ruleSet.hash })
}

/** A record that is kept aside gets a few headers more: those topics take more bytes than main does. */
const asideBytes = 16 * 1_048_576

async function createSideTopics(log: LogClient, main: string, partitions: number): Promise<void> {
  const config = { 'retention.ms': '-1', 'max.message.bytes': String(asideBytes) }
  for (const topic of [deadLetterTopic(main), lateTopic(main)]) await log.createTopic({ topic, partitions, config })
}
