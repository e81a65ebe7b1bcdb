import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunningBroker } from '../../scripts/broker/start-broker.ts'
import type { Log } from '../../src/log/log.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { RivalProcess } from './child.ts'
import { type DecisionsFound, readDecisions } from './decisions.ts'
import { folderBytes, peakRssBytes, type Usage, usageOf } from './process-usage.ts'
import { nowMs, secondHalfRate, watch } from './progress.ts'
import type { Rival } from './rival.ts'
import type { Scenario } from './scenario.ts'

export interface RunResult {
  readonly rival: string
  readonly round: number
  /** Card transactions a second, from the first record read to the commit of the last decision. */
  readonly eventsPerSecond: number
  /** The same over the second half of the records. */
  readonly secondHalfEventsPerSecond: number
  readonly cpuMicrosPerEvent: number
  readonly brokerCpuMicrosPerEvent: number | null
  readonly peakRssBytes: number
  readonly stateBytes: number
  readonly writtenBytes: number
  readonly decisions: DecisionsFound
  /** The machine's load before the run: above 0.5 other work disturbed it. */
  readonly loadBefore: number
}

const run = promisify(execFile)

/** One rival on a fresh topic with fresh state, from the first record to the last committed decision. */
export async function measure(
  rival: Rival,
  {
    broker,
    log,
    scenario,
    round,
    name,
    decisionsFile,
  }: {
    readonly broker: RunningBroker
    readonly log: Log
    readonly scenario: Scenario
    readonly round: number
    /** Of the topic and the group: a fresh one. */
    readonly name: string
    readonly decisionsFile: string
  },
): Promise<RunResult> {
  const { events, cards, seed, emit, guarantee } = scenario
  const fill = join(import.meta.dirname, 'fill.ts')
  await run(process.execPath, [fill, broker.brokers, name, String(events), String(cards), String(seed)])
  for (const topic of [deadLetterTopic(name), lateTopic(name)]) await log.createTopic({ topic, partitions: 1 })
  const end = await log.endOffset({ topic: name, partition: 0 }, 'read-uncommitted')
  const stateDir = await mkdtemp(join(tmpdir(), 'card-bench-'))
  const plan = { brokers: broker.brokers, topic: name, applicationId: `${name}-app`, stateDir, guarantee, emit }
  const command = rival.command({ ...plan, ruleSetHash: tenMinuteRule(emit).hash })
  const loadBefore = loadavg()[0]!
  const child = new RivalProcess(command)
  const brokerUsage = (): Promise<Usage | null> => (broker.pid === -1 ? Promise.resolve(null) : usageOf(broker.pid))
  try {
    await child.firstRecord()
    const startedMs = nowMs()
    const [before, brokerBefore] = await Promise.all([usageOf(child.pid), brokerUsage()])
    const samples = await watch(log, { topic: name, groupId: plan.applicationId, end, check: () => child.check() })
    const [after, brokerAfter] = await Promise.all([usageOf(child.pid), brokerUsage()])
    const tookMs = samples.at(-1)!.atMs - startedMs
    const rss = await peakRssBytes(child.pid)
    const stateBytes = await folderBytes(stateDir)
    await child.stop()
    return {
      rival: rival.name,
      round,
      eventsPerSecond: (events * 1000) / tookMs,
      secondHalfEventsPerSecond: (secondHalfRate(samples, end) * events) / end,
      cpuMicrosPerEvent: ((after.cpuMs - before.cpuMs) * 1000) / events,
      brokerCpuMicrosPerEvent:
        brokerBefore === null || brokerAfter === null
          ? null
          : ((brokerAfter.cpuMs - brokerBefore.cpuMs) * 1000) / events,
      peakRssBytes: rss,
      stateBytes,
      writtenBytes: after.writtenBytes - before.writtenBytes,
      decisions: await readDecisions(log, { topic: name, from: end, samples, file: decisionsFile }),
      loadBefore,
    }
  } finally {
    await child.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
}
