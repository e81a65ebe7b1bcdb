import { ConfigError, LogError } from '../errors.ts'
import type { LogClient } from '../log/log.ts'
import type { IngressMapping } from '../record/ingress.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Authenticity } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { globalObjection } from '../rules/deploy/global-objection.ts'
import { loadContent, packRuleSet } from '../rules/deploy/rule-set-content.ts'
import { tickRecord } from '../rules/operators/control-tick.ts'
import { deadLetterTopic, lateTopic } from '../rules/operators/sinks.ts'
import { revisedDecision } from '../rules/revised-decision.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { stampOf } from '../rules/stamp.ts'
import { type DeploymentPort, ledgerSpec } from '../task/deployment-port.ts'
import type { TickAt, TickOptions } from '../task/ticker.ts'
import type { SubTopology, Topology } from '../topology/topology.ts'
import { WeirApp } from './app.ts'
import type { AppOptions } from './app-options.ts'
import { baseRuleSet } from './base-rule-set.ts'

export interface RiskAppOptions
  extends Omit<AppOptions, 'topology' | 'definition' | 'tick' | 'revise' | 'deployments'> {
  /** In force from the start. Default: the one that the log says was; without one, none until the first is deployed. */
  readonly ruleSet?: RuleSet
  /** The topic that holds events and decisions. */
  readonly mainTopic: string
  /** How records without Weir's headers are read. */
  readonly mapping: IngressMapping
  readonly authenticity: Authenticity
  /** Larger values are dead-lettered unread. Default 1 MiB. */
  readonly maxValueBytes?: number
}

/**
 * Makes the application that decides by rule sets: reads main, writes decisions back to it, and records that do not fit
 * to their topics, which are made when they are missing. Each partition changes to a rule set where the log activates it.
 * @throws LogError `topic-missing` when there is no main
 * @throws ConfigError `rules-missing` without a rule set, given or deployed
 */
export async function createRiskApp(options: RiskAppOptions): Promise<WeirApp> {
  const { applicationId, mainTopic, mapping, authenticity, maxValueBytes = 1_048_576, log, clock } = options
  const main = await log.describeTopic(mainTopic)
  if (main === undefined) {
    throw new LogError('topic-missing', `the topic "${mainTopic}" does not exist; create it with "weir topics create"`)
  }
  const { partitions } = main
  await createSideTopics(log, mainTopic, partitions)
  await log.createTopic(ledgerSpec(applicationId, partitions))
  const ruleSet = await baseRuleSet({ log, applicationId, partitions, ruleSet: options.ruleSet })
  const stamp = stampOf(clock)
  const compile = (rules: RuleSet, ruleSetOffset: number | (() => number)) =>
    compileRuleSet({
      ruleSet: rules,
      ruleSetOffset,
      mainTopic,
      partitions,
      mapping,
      maxValueBytes,
      authenticity,
      stamp,
      applicationId,
      objectionToDeploy: (deployed) => globalObjection(deployed, ruleSet),
    })
  const tickOf = ({ options: { tickAfterMs: afterMs, maxAheadMs } }: RuleSet): TickOptions => ({
    afterMs,
    maxAheadMs,
    record: (at: TickAt) => tickRecord({ topic: mainTopic, ...at }, authenticity),
  })
  const revise = (decision: OutgoingRecord, revision: number) => revisedDecision(decision, revision, authenticity)
  const deployments: DeploymentPort = {
    baseContent: packRuleSet(ruleSet),
    define: ({ hash, content }) => {
      const loaded = loadContent(content, hash)
      if (!loaded.ok) throw new ConfigError('rule-set-unreadable', `${loaded.detail}; update Weir on this instance`)
      let offset = -1
      return {
        topology: readerOf(
          compile(loaded.ruleSet, () => offset),
          mainTopic,
        ),
        definition: hash,
        tick: tickOf(loaded.ruleSet),
        revise,
        activated: (at) => {
          offset = at
        },
      }
    },
  }
  const topology = compile(ruleSet, -1)
  return new WeirApp({ ...options, topology, definition: ruleSet.hash, tick: tickOf(ruleSet), revise, deployments })
}

const readerOf = ({ subTopologies }: Topology, topic: string): SubTopology =>
  subTopologies.find(({ sources }) => sources.some((source) => source.topic === topic))!

/** A record that is kept aside gets a few headers more: those topics take more bytes than main does. */
const asideBytes = 16 * 1_048_576

async function createSideTopics(log: LogClient, main: string, partitions: number): Promise<void> {
  const config = { 'retention.ms': '-1', 'max.message.bytes': String(asideBytes) }
  for (const topic of [deadLetterTopic(main), lateTopic(main)]) await log.createTopic({ topic, partitions, config })
}
