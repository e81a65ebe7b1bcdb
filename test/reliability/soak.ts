import { setTimeout as pause } from 'node:timers/promises'
import { folderBytes } from '../../bench/broker/process-usage.ts'
import { TopicTail } from '../support/faults/topic-tail.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import { quantile, type Row } from './row.ts'
import { trendOf, trendText } from './trend.ts'

export interface SoakOptions extends Omit<CampaignOptions, 'events'> {
  readonly minutes: number
  readonly perSecond: number
}

interface Sample {
  readonly hours: number
  readonly rssMb: number
  readonly heapMb: number
  readonly heapHeldMb: number
  readonly buffersMb: number
  readonly handles: number
  readonly stateMb: number
  readonly medianMs: number
  readonly slowestMs: number
}

const sampleEveryMs = 5_000
/**
 * The defaults, where other campaigns have smaller ones: here memory and latency count. Tasks alone are fewer and have less memory,
 * so that it is soon used up: what grows then, grows for ever.
 */
const asDeployed = { maxRecords: 8_000, maxBytes: 2_097_152, sessionTimeoutMs: 10_000, taskMemoryMb: 8 }
/** What happens while write buffers and caches fill says nothing of the hours after. */
const tellingMinutes = 30
/** Of the samples, left out of what is reported: caches and write buffers fill up. */
const warmUpShare = 0.25
const partitions = 2

/** Steady load on one instance; what it takes and how fast it answers, and whether that grows. */
export const soakCampaign = (options: SoakOptions): Promise<Row> => {
  const events = Math.ceil(options.minutes * 60 * options.perSecond)
  const settings = { ...asDeployed, usageEveryMs: sampleEveryMs }
  return withCampaign({ ...options, events, instances: 1, partitions, settings }, async (campaign) => {
    await campaign.start()
    const over = new AbortController()
    const feeding = campaign.feed.run(events, options.perSecond).finally(() => over.abort())
    feeding.catch(() => undefined)
    const samples: Sample[] = []
    const latency = new Latency(campaign)
    const startedMs = performance.now()
    while (!over.signal.aborted) {
      await pause(sampleEveryMs)
      const usage = campaign.instances[0]!.process!.usages.at(-1)
      if (usage === undefined) continue
      const latenciesMs = await latency.sinceLast()
      samples.push({
        hours: (performance.now() - startedMs) / 3_600_000,
        rssMb: usage.rssBytes / 2 ** 20,
        heapMb: usage.heapBytes / 2 ** 20,
        heapHeldMb: usage.heapHeldBytes / 2 ** 20,
        buffersMb: usage.bufferBytes / 2 ** 20,
        handles: usage.handles,
        stateMb: (await folderBytes(campaign.instances[0]!.settings.stateDir)) / 2 ** 20,
        medianMs: quantile(latenciesMs, 0.5),
        slowestMs: quantile(latenciesMs, 0.99),
      })
      if (samples.length % 12 === 0) campaign.say(JSON.stringify(samples.at(-1)))
    }
    await feeding
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'soak',
      fault: 'steady load',
      how: `${options.minutes} minutes of ${options.perSecond} events a second on one instance, ${partitions} partitions, state.taskMemoryMb ${asDeployed.taskMemoryMb}; figures without the first quarter${options.minutes < tellingMinutes ? '; too short to tell growth from filling up' : ''}`,
      fired: 1,
      recoveryMs: [],
      figures: figuresOf(samples),
    }
  })
}

/** How long events waited for their decisions, by the log's timestamps of both. */
class Latency {
  readonly #tail: TopicTail
  readonly #partitions: number
  /** Timestamps of events that wait. */
  readonly #times = new Map<string, number>()

  constructor({ log, mainTopic, partitions }: Campaign) {
    this.#tail = new TopicTail(log, mainTopic)
    this.#partitions = partitions
  }

  async sinceLast(): Promise<number[]> {
    const latencies: number[] = []
    for (let partition = 0; partition < this.#partitions; partition++)
      for (const { headers, offset, timestampMs } of await this.#tail.readOn(partition)) {
        if (headers.kind?.toString() !== 'decision') this.#times.set(`d:${partition}:${offset}`, timestampMs)
        const id = headers.id?.toString() ?? ''
        const eventMs = this.#times.get(id)
        if (eventMs === undefined) continue
        latencies.push(timestampMs - eventMs)
        this.#times.delete(id)
      }
    return latencies
  }
}

const measured = {
  rssMb: 'RSS, MB',
  heapMb: 'heap in use, MB',
  heapHeldMb: 'heap held, MB',
  buffersMb: 'buffers, MB',
  handles: 'handles',
  stateMb: 'state on disk, MB',
  medianMs: 'median latency, ms',
  slowestMs: '99th percentile of latency, ms',
} as const

function figuresOf(samples: readonly Sample[]): Record<string, string> {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare))
  return Object.fromEntries(
    Object.entries(measured).map(([field, name]) => [
      name,
      trendText(trendOf(warm.map((sample) => [sample.hours, sample[field as keyof typeof measured]]))),
    ]),
  )
}
