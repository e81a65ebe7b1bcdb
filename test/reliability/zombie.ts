import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../../src/replay/simulator/random.ts'
import { KafkaProxy } from '../support/faults/proxy/kafka-proxy.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import type { Instance } from './instance.ts'
import type { Row } from './row.ts'

export interface ZombieOptions extends CampaignOptions {
  readonly rounds: number
  readonly perSecond: number
}

const withinMs = 120_000

/** Two ways in which an instance that lives is taken for dead. */
export const zombieCampaigns = async (options: ZombieOptions): Promise<Row[]> => [
  await stallCampaign(options),
  await isolationCampaign(options),
]

/** Instances stand still (SIGSTOP) until others have taken over, then go on where they were, in the middle of anything. */
const stallCampaign = (options: ZombieOptions): Promise<Row> =>
  withCampaign(options, (campaign) =>
    replaceInTurn(campaign, options, {
      fault: 'SIGSTOP beyond the session, SIGCONT after takeover',
      leave: (instance) => instance.process!.signal('SIGSTOP'),
      comeBack: (instance) => instance.process!.signal('SIGCONT'),
    }),
  )

/** Instances are cut off from the broker until others have taken over, and go on working meanwhile. */
async function isolationCampaign(options: ZombieOptions): Promise<Row> {
  const proxies = new Map<Instance, KafkaProxy>()
  try {
    return await withCampaign(options, async (campaign) => {
      for (const instance of campaign.instances) {
        const proxy = await KafkaProxy.start(options.brokers)
        proxies.set(instance, proxy)
        instance.settings = { ...instance.settings, place: { kind: 'kafka', brokers: proxy.address } }
      }
      return await replaceInTurn(campaign, options, {
        fault: 'instance cut off from the broker beyond the session',
        leave(instance) {
          const proxy = proxies.get(instance)!
          proxy.open = false
          proxy.cut()
        },
        comeBack(instance) {
          proxies.get(instance)!.open = true
        },
      })
    })
  } finally {
    for (const proxy of proxies.values()) await proxy.stop()
  }
}

interface Absence {
  readonly fault: string
  leave(instance: Instance): void
  comeBack(instance: Instance): void
}

async function replaceInTurn(campaign: Campaign, options: ZombieOptions, absence: Absence): Promise<Row> {
  const random = new Random(options.seed, 'zombies')
  const takenOverMs: number[] = []
  const noticedMs: number[] = []
  const rounds: number[] = []
  await campaign.start()
  const feeding = campaign.feed.run(options.events, options.perSecond)
  feeding.catch(() => undefined)
  for (let round = 0; round < options.rounds; round++) {
    const zombie = campaign.instances[round % campaign.instances.length]!
    await pause(random.uint32() % 1_000)
    // Whoever has nothing leaves nothing to take over.
    await campaign.until(() => zombie.runs > 0 && campaign.allRun(), withinMs, `${zombie.name} got no partition`)
    zombie.isCounted = false
    const before = campaign.rounds
    absence.leave(zombie)
    takenOverMs.push(await campaign.until(() => campaign.allRun(), withinMs, 'nobody took over'))
    rounds.push(campaign.rounds - before)
    absence.comeBack(zombie)
    const noticed = await campaign.until(() => zombie.process!.runs === 0, withinMs, 'the zombie did not notice')
    zombie.isCounted = true
    await campaign.until(() => zombie.runs > 0 && campaign.allRun(), withinMs, 'the zombie did not rejoin')
    noticedMs.push(noticed)
    campaign.say(`${zombie.name} was replaced after ${Math.round(takenOverMs.at(-1)!)} ms, and is back`)
  }
  await feeding
  const verdict = await campaign.finish()
  return {
    ...verdict,
    campaign: 'zombie',
    fault: absence.fault,
    how: `${campaign.instances.length} instances in turn, under load; each rejoined by itself`,
    fired: takenOverMs.length,
    recoveryMs: takenOverMs,
    figures: {
      'most rounds of the group in a recovery': Math.max(...rounds),
      'largest ms from its return until a zombie knew': Math.round(Math.max(...noticedMs)),
    },
  }
}
