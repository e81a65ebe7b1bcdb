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

/** One instance, then three, then one again, under steady load. */
export const scaleCampaign = (options: ScaleOptions): Promise<Row> => {
  const events = Math.ceil((5 * options.stageMs * options.perSecond) / 1000)
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
    await stage(
      '3 → 1',
      async () => void (await Promise.all(others.map((other) => other.stop()))),
      () => campaign.allRun(),
    )
    over.abort()
    await feeding
    const verdict = await campaign.finish()
    const pauses = await pausesOf(campaign, stages)
    return {
      ...verdict,
      campaign: 'scale',
      fault: `1 → 3 → 1 instances, ${standby} standby`,
      how: `${options.perSecond} events a second, ${campaign.partitions} partitions, orderly starts and ends`,
      fired: 2,
      recoveryMs: recoveryMs.slice(1),
      figures: Object.fromEntries(
        stages.flatMap(({ name, replayed: records }, n) => [
          [`${name}: longest pause of each partition, ms`, pauses[n]!.join(' ')],
          [`${name}: changelog records replayed`, records],
        ]),
      ),
    }
  })
}

/** By all instances, also those that have ended. */
const replayed = ({ instances }: Campaign): number =>
  instances.reduce((sum, { status }) => sum + (status?.replayed ?? 0), 0)

/** By stage and partition: the longest time between two decisions' commits, by the log's timestamps. */
async function pausesOf({ log, mainTopic, partitions }: Campaign, stages: readonly Stage[]): Promise<number[][]> {
  const decisions = (await readTopic(log, mainTopic)).filter(
    ({ headers }) => headers['kind']?.toString() === 'decision',
  )
  return stages.map(({ fromMs, toMs }) =>
    Array.from({ length: partitions }, (_, partition) => {
      const times = decisions
        .filter((record) => record.partition === partition && record.timestampMs >= fromMs && record.timestampMs < toMs)
        .map(({ timestampMs }) => timestampMs)
      return times.reduce((most, time, n) => Math.max(most, n === 0 ? time - fromMs : time - times[n - 1]!), 0)
    }),
  )
}
