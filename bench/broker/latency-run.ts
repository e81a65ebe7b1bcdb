import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunningBroker } from '../../scripts/broker/start-broker.ts'
import type { Log } from '../../src/log/log.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { RivalProcess } from './child.ts'
import { percentile } from './numbers.ts'
import { nowMs } from './progress.ts'
import type { Guarantee, Rival } from './rival.ts'

export interface LatencyPlan {
  /** Card transactions a second. */
  readonly rate: number
  readonly seconds: number
  /** The first ones do not count: the rival starts and warms up. */
  readonly warmUpSeconds: number
  readonly cards: number
  readonly guarantee: Guarantee
}

export interface LatencyResult extends LatencyPlan {
  readonly rival: string
  readonly decisions: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const run = promisify(execFile)
/** A rival that falls behind is given up after this time without a decision. */
const silenceMs = 20_000

/** The time from an event's due moment to its decision in the hands of a read-committed consumer; every decision counts. */
export async function measureLatency(
  rival: Rival,
  plan: LatencyPlan,
  { broker, log, name }: { readonly broker: RunningBroker; readonly log: Log; readonly name: string },
): Promise<LatencyResult> {
  const { rate, seconds, warmUpSeconds, cards, guarantee } = plan
  for (const topic of [name, deadLetterTopic(name), lateTopic(name)])
    await log.createTopic({ topic, partitions: 1, config: { 'retention.ms': '-1' } })
  const stateDir = await mkdtemp(join(tmpdir(), 'card-bench-'))
  const command = rival.command({
    brokers: broker.brokers,
    topic: name,
    applicationId: `${name}-app`,
    stateDir,
    guarantee,
    emit: 'all',
    ruleSetHash: tenMinuteRule('all').hash,
  })
  const child = new RivalProcess(command)
  const feed = run(process.execPath, [
    join(import.meta.dirname, 'feed.ts'),
    ...[broker.brokers, name, rate, seconds, cards].map(String),
  ])
  feed.catch(() => {})
  try {
    const waits = await collect(log, { name, child, wanted: rate * seconds, skipped: rate * warmUpSeconds })
    await feed
    waits.sort((a, b) => a - b)
    return {
      ...plan,
      rival: rival.name,
      decisions: waits.length,
      p50Ms: percentile(waits, 0.5),
      p99Ms: percentile(waits, 0.99),
      maxMs: waits.at(-1) ?? Number.NaN,
    }
  } finally {
    await child.stop()
    await rm(stateDir, { recursive: true, force: true })
  }
}

async function collect(
  log: Log,
  { name, child, wanted, skipped }: { name: string; child: RivalProcess; wanted: number; skipped: number },
): Promise<number[]> {
  const reader = await log.openReader({ topic: name, partition: 0, offset: 0, isolation: 'read-committed' })
  const dueMs = new Map<number, number>()
  const waits: number[] = []
  let decided = 0
  let heardMs = nowMs()
  while (decided < wanted && nowMs() - heardMs < silenceMs) {
    child.check()
    const { records } = await reader.poll(5)
    const seenMs = nowMs()
    for (const { offset, timestampMs, headers } of records) {
      if (headers['kind']?.toString() !== 'decision') {
        if (headers['type']?.toString() === 'card.authorised') dueMs.set(offset, timestampMs)
        continue
      }
      heardMs = seenMs
      const event = Number(headers['id']!.toString().split(':')[2])
      if (++decided > skipped) waits.push(seenMs - dueMs.get(event)!)
      dueMs.delete(event)
    }
  }
  await reader.close()
  return waits
}
