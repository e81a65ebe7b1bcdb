import { join } from 'node:path'
import { allocatorEnv, heapFlags } from '../../src/cli/memory-settings.ts'
import type { Rival, RunPlan } from './rival.ts'

const here = import.meta.dirname
const built = join(here, '../build/bench/broker')
const peer = join(here, '../peers/kafka-streams/target')

const flags = (values: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])

const common = ({ brokers, topic, applicationId, stateDir, guarantee, emit }: RunPlan) => ({
  brokers,
  topic,
  'app-id': applicationId,
  'state-dir': stateDir,
  guarantee,
  emit,
})

export interface WeirSettings {
  readonly 'max-records'?: number
  readonly 'max-bytes'?: number
  /** Folder of rule files in place of the ten-minute rule. */
  readonly rules?: string
  readonly 'task-memory-mb'?: number
}

const shippedRules = join(here, '../../rules')

/** Weir as `weir run` starts it, compiled (`buildRivals`). `nodeFlags` such as `--cpu-prof` go to its Node. */
export const weir = (settings: WeirSettings = {}, nodeFlags: readonly string[] = [], name = 'weir'): Rival => ({
  name,
  decidesAlike: true,
  command: (plan) => ({
    command: process.execPath,
    args: [...heapFlags, ...nodeFlags, join(built, 'weir-runner.js'), ...flags({ ...common(plan), ...settings })],
    env: allocatorEnv,
  }),
})

/** Weir with all rules that come with it: more work, and more decisions flagged, than the others have. */
export const weirShipped = (settings: WeirSettings = {}, nodeFlags: readonly string[] = []): Rival => ({
  ...weir({ ...settings, rules: shippedRules }, nodeFlags, 'weir, shipped rules'),
  decidesAlike: false,
})

/** Reads, parses and writes a decision of each card event, without state: what no rival on Node can beat. */
export const bareLoop = (settings: WeirSettings = {}): Rival => ({
  name: 'bare loop',
  decidesAlike: false,
  command: (plan) => ({
    command: process.execPath,
    args: [join(built, 'bare-runner.js'), ...flags({ ...common(plan), ...settings })],
  }),
})

/** Flags of bench/peers/kafka-streams, and for the JVM `heap` and `collector` (`G1`, `Parallel`, `Serial`; by default its own choice). */
export type StreamsSettings = Readonly<Record<string, string | number>>

export const kafkaStreams = ({ heap = '512m', collector, ...settings }: StreamsSettings, name: string): Rival => ({
  name,
  decidesAlike: true,
  command: (plan) => ({
    command: 'java',
    args: [
      `-Xmx${heap}`,
      ...(collector === undefined ? [] : [`-XX:+Use${collector}GC`]),
      '-cp',
      `${join(peer, 'classes')}:${join(peer, 'jars')}/*`,
      'weir.bench.Main',
      ...flags({
        ...common(plan),
        guarantee: plan.guarantee === 'exactly-once' ? 'exactly_once_v2' : 'at_least_once',
        'rule-set-hash': plan.ruleSetHash,
        ...settings,
      }),
    ],
  }),
})
