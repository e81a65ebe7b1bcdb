import { setTimeout as pause } from 'node:timers/promises'
import { readTopic } from '../support/log-lines.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import type { Row } from './row.ts'

export interface ScaleOptions extends Omit<CampaignOptions, 'events'> {
  readonly perSecond: number
  readonly standby: number
  /** How long each number of instances stays. */
  readonly stageMs: number
}

interface Stage {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly replayed: number
}

/** One instance, then three, then two, then one again, under steady load. */
export const scaleCampaign = (options: ScaleOptions): Promise<Row> => {
  const events = Math.ceil((6 * options.stageMs * options.perSecond) / 1000)
  const { standby } = options
  const settings = standby > 0 ? { standbyReplicas: standby } : {}
  return withCampaign({ ...options, events, settings }, async (campaign) => {
    const over = new AbortController()
    const feeding = campaign.feed.run(events, options.perSecond, over.signal)
    feeding.catch(() => undefined)
    const [first, ...others] = campaign.instances
    const stages: Stage[] = []
    const recoveryMs: number[] = []
    const stage = async (name: string, change: () => Promise<void>, isDone: () => boolean): Promise<void> => {
      const [fromMs, replayedBefore] = [Date.now(), replayed(campaign)]
      await change()
      recoveryMs.push(await campaign.until(isDone, 60_000, `${name} did not settle`))
      await pause(options.stageMs)
      stages.push({ name, fromMs, toMs: Date.now(), replayed: replayed(campaign) - replayedBefore })
      campaign.say(`${name}: settled after ${Math.round(recoveryMs.at(-1)!)} ms`)
    }
    first!.start()
    await campaign.until(() => campaign.allRun(), 60_000, 'the first instance did not start')
    await stage(
      'steady',
      async () => undefined,
      () => true,
    )
    const allShare = () => campaign.allRun() && campaign.instances.every(({ runs }) => runs > 0)
    await stage('1 → 3', async () => others.forEach((other) => void other.start()), allShare)
    // One after the other: a task and its only copy do not leave together.
    for (const [n, other] of others.entries())
      await stage(
        `${others.length + 1 - n} → ${others.length - n}`,
        () => other.stop(),
        () => campaign.allRun(),
      )
    over.abort()
    await feeding
    const verdict = await campaign.finish()
    const waits = await longestWaits(campaign, stages)
    return {
      ...verdict,
      campaign: 'scale',
      fault: `1 → 3 → 1 instances, ${standby} standby`,
      how: `${options.perSecond} events a second, ${campaign.partitions} partitions, orderly starts and ends`,
      fired: stages.length - 1,
      recoveryMs: recoveryMs.slice(1),
      figures: Object.fromEntries(
        stages.flatMap(({ name, replayed: records }, n) => [
          [`${name}: longest wait for a decision by partition, ms`, waits[n]!.join(' ')],
          [`${name}: changelog records replayed`, records],
        ]),
      ),
    }
  })
}

/** By all instances, also those that have ended. */
const replayed = ({ instances }: Campaign): number =>
  instances.reduce((sum, { status }) => sum + (status?.replayed ?? 0), 0)

/** By stage and partition: how long the event that waited longest waited for its decision, by the log's timestamps. */
async function longestWaits({ log, mainTopic, partitions }: Campaign, stages: readonly Stage[]): Promise<number[][]> {
  const waits = stages.map(() => new Array<number>(partitions).fill(0))
  const eventMs = new Map<string, number>()
  for (const { partition, offset, headers, timestampMs } of await readTopic(log, mainTopic)) {
    const decided = headers['kind']?.toString() === 'decision' ? headers['id']!.toString() : undefined
    if (decided === undefined) eventMs.set(`d:${partition}:${offset}`, timestampMs)
    const arrivedMs = eventMs.get(decided ?? '')
    if (arrivedMs === undefined) continue
    const stage = stages.findIndex(({ fromMs, toMs }) => timestampMs >= fromMs && timestampMs < toMs)
    if (stage >= 0) waits[stage]![partition] = Math.max(waits[stage]![partition]!, timestampMs - arrivedMs)
  }
  return waits
}
