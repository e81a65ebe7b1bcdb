import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { RunningBroker } from '../../scripts/broker/start-broker.ts'
import type { Log } from '../../src/log/log.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import { RivalProcess } from '../broker/child.ts'
import { type Usage, usageOf } from '../broker/process-usage.ts'
import { nowMs } from '../broker/progress.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import type { Point } from './curve.ts'

export interface BrokerLoad {
  /** A fresh one's name. */
  readonly topic: string
  readonly partitions: number
  readonly threads: number
  readonly records: number
  /** Percent of them that no rule names. */
  readonly noise: number
}

const run = promisify(execFile)
const here = import.meta.dirname
const everyMs = 20
const givenUpAfterMs = 180_000

export async function fill({ brokers }: RunningBroker, log: Log, load: BrokerLoad): Promise<void> {
  const { topic, partitions, records, noise } = load
  const args = [brokers, topic, String(partitions), String(records), String(noise)]
  await run(process.execPath, [join(here, 'fill.ts'), ...args])
  for (const beside of [deadLetterTopic(topic), lateTopic(topic)]) await log.createTopic({ topic: beside, partitions })
}

/** Records a second that kafkajs's own consumer reads of the same topic. */
export async function bareConsume({ brokers }: RunningBroker, { topic, records }: BrokerLoad): Promise<number> {
  const args = [join(here, 'consume.ts'), brokers, topic, String(records)]
  const { stdout } = await run(process.execPath, ['--disable-warning=TimeoutNegativeWarning', ...args])
  return JSON.parse(stdout).perSecond
}

interface Sample {
  readonly atMs: number
  readonly committed: number
  readonly weir: Usage
  readonly broker: Usage | null
}

/**
 * `weir run` with the ten-minute rule on a filled topic, between the first commit that is seen and that of the last record:
 * starting and joining the group do not count.
 */
export async function weirRun(broker: RunningBroker, log: Log, load: BrokerLoad): Promise<Omit<Point, 'at'>> {
  const { topic, partitions } = load
  const folder = await mkdtemp(join(tmpdir(), 'weir-growth-'))
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const ends = await Promise.all(places.map((place) => log.endOffset(place, 'read-uncommitted')))
  const all = ends.reduce((sum, end) => sum + end, 0)
  const child = new RivalProcess({ command: process.execPath, args: await commandOf(broker, load, folder) })
  const sample = async (): Promise<Sample> => {
    const offsets = await log.committedOffsets(topic, places)
    // Decisions lie in the same topic: what is committed beyond the input is its end.
    const committed = offsets.reduce((sum, found, n) => sum + Math.min(found?.offset ?? 0, ends[n]!), 0)
    const [weir, used] = await Promise.all([usageOf(child.pid), broker.pid === -1 ? null : usageOf(broker.pid)])
    return { atMs: nowMs(), committed, weir, broker: used }
  }
  try {
    let first: Sample | undefined
    for (const untilMs = nowMs() + givenUpAfterMs; nowMs() < untilMs; ) {
      child.check()
      const now = await sample()
      if (first === undefined && now.committed > 0) first = now
      if (first !== undefined && now.committed >= all) return pointOf(first, now)
      await delay(everyMs)
    }
    throw new Error(`Weir has not committed all of ${topic} within ${givenUpAfterMs / 1_000} seconds`)
  } finally {
    await child.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function pointOf(first: Sample, last: Sample): Omit<Point, 'at'> {
  const records = last.committed - first.committed
  if (records <= 0) throw new Error('the first commit that was seen was the last one: take more records')
  const tookMs = last.atMs - first.atMs
  const weirMs = last.weir.cpuMs - first.weir.cpuMs
  const broker =
    last.broker === null || first.broker === null ? null : (last.broker.cpuMs - first.broker.cpuMs) / tookMs
  return {
    perSecond: (records * 1_000) / tookMs,
    cpuMicros: (weirMs * 1_000) / records,
    cores: { weir: weirMs / tookMs, broker },
  }
}

async function commandOf(
  { brokers }: RunningBroker,
  { topic, threads }: BrokerLoad,
  folder: string,
): Promise<string[]> {
  const rules = join(folder, 'rules')
  await mkdir(rules)
  await writeFile(join(rules, 'rules.json'), tenMinuteRule('all').canonical)
  const config = {
    rules,
    appId: topic,
    mainTopic: topic,
    threads,
    log: { kind: 'kafka', brokers: brokers.split(',') },
    state: { dir: join(folder, 'state') },
    signing: { unsigned: true },
    logging: { level: 'error' },
  }
  const file = join(folder, 'weir.yaml')
  await writeFile(file, JSON.stringify(config))
  return [join(here, '../../bin/weir.js'), 'run', '--config', file]
}
