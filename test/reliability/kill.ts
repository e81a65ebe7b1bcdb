import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../../src/replay/simulator/random.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import type { Instance } from './instance.ts'
import type { Row } from './row.ts'

export interface KillOptions extends CampaignOptions {
  readonly kills: number
  readonly perSecond: number
}

/** What a victim must be doing when it dies. */
const aims = ['running', 'restoring', 'anything', 'rebalancing'] as const
const aimWithinMs = 15_000
const longestPauseMs = 3_000
const recoversWithinMs = 60_000

/** Instances die by SIGKILL under load, at random moments, in the middle of restores and of rebalances. */
export const killCampaign = (options: KillOptions): Promise<Row> =>
  withCampaign(options, async (campaign) => {
    const random = new Random(options.seed, 'kills')
    await campaign.start()
    const feeding = campaign.feed.run(options.events, options.perSecond)
    feeding.catch(() => undefined)
    const killer = new Killer(campaign, random)
    for (let n = 0; n < options.kills; n++) {
      await pause(random.uint32() % longestPauseMs)
      await killer.kill(aims[n % aims.length]!)
    }
    await feeding
    await campaign.feed.sendUnconfirmedLogins()
    await killer.kill('running')
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'kill',
      fault: 'SIGKILL of an instance',
      how: `${campaign.instances.length} instances, ${campaign.partitions} partitions, random moments, some with their state lost`,
      fired: killer.deaths,
      recoveryMs: killer.recoveryMs,
      figures: { ...killer.statesAtDeath, 'state lost': killer.statesLost },
    }
  })

class Killer {
  readonly recoveryMs: number[] = []
  readonly statesAtDeath: Record<string, number> = {}
  deaths = 0
  statesLost = 0
  readonly #campaign: Campaign
  readonly #random: Random

  constructor(campaign: Campaign, random: Random) {
    this.#campaign = campaign
    this.#random = random
  }

  async kill(aim: (typeof aims)[number]): Promise<void> {
    const campaign = this.#campaign
    if (aim === 'anything') return this.#strike(this.#any())
    if (aim === 'running') {
      // Only from a whole group is the time to recover this death's own.
      await campaign.until(() => campaign.allRun(), recoversWithinMs, 'not all partitions came back')
      await this.#strike(this.#any())
      this.recoveryMs.push(await campaign.until(() => campaign.allRun(), recoversWithinMs, 'no recovery'))
      return
    }
    // A death, and a newcomer without state, make the others restore and the group share anew.
    await this.#strike(this.#any(), aim === 'restoring')
    const isAimedAt = (instance: Instance): boolean => instance.isUp && doing(instance).startsWith(aim)
    const findVictim = () => campaign.instances.find(isAimedAt)
    await campaign.until(() => findVictim() !== undefined, aimWithinMs, `nobody was ${aim}`).catch(() => undefined)
    await this.#strike(findVictim() ?? this.#any())
  }

  async #strike(victim: Instance, losesState = false): Promise<void> {
    await victim.kill()
    // Its last word is the proof.
    const was = doing(victim)
    const kind = was.split(' ')[0]!
    this.statesAtDeath[`while ${kind}`] = (this.statesAtDeath[`while ${kind}`] ?? 0) + 1
    this.deaths++
    this.#campaign.say(`killed ${victim.name} (${this.deaths}), ${was}`)
    if (losesState) {
      await victim.loseState()
      this.statesLost++
    }
    victim.start()
  }

  #any(): Instance {
    const living = this.#campaign.instances.filter(({ isUp }) => isUp)
    return living[this.#random.uint32() % living.length]!
  }
}

/** `restoring`, `rebalancing`, `running` or `starting`, and with it what the instance said last. */
function doing({ status }: Instance): string {
  if (status === undefined) return 'starting'
  const said = `${status.app} ${JSON.stringify(status.tasks)}`
  if (Object.values(status.tasks).includes('RESTORING')) return `restoring ${said}`
  return `${status.app.toLowerCase()} ${said}`
}
