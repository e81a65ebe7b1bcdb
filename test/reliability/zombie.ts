import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../../src/replay/simulator/random.ts'
import { type CampaignOptions, withCampaign } from './campaign.ts'
import type { Row } from './row.ts'

export interface ZombieOptions extends CampaignOptions {
  readonly rounds: number
  readonly perSecond: number
}

const stalledMs = 120_000

/** Instances stand still (SIGSTOP) until others have taken over, then go on where they were, in the middle of anything. */
export const zombieCampaign = (options: ZombieOptions): Promise<Row> =>
  withCampaign(options, async (campaign) => {
    const random = new Random(options.seed, 'zombies')
    const takenOverMs: number[] = []
    const rejoinedMs: number[] = []
    await campaign.start()
    const feeding = campaign.feed.run(options.events, options.perSecond)
    feeding.catch(() => undefined)
    for (let round = 0; round < options.rounds; round++) {
      const zombie = campaign.instances[round % campaign.instances.length]!
      await pause(random.uint32() % 1_000)
      zombie.suspend()
      takenOverMs.push(await campaign.until(() => campaign.allRun(), stalledMs, 'nobody took over'))
      zombie.resume()
      const rejoined = await campaign.until(() => zombie.runs === 0, stalledMs, 'the zombie did not notice')
      await campaign.until(() => zombie.runs > 0 && campaign.allRun(), stalledMs, 'the zombie did not rejoin')
      rejoinedMs.push(rejoined)
      campaign.say(`${zombie.name} stood still, was replaced after ${Math.round(takenOverMs.at(-1)!)} ms, and is back`)
    }
    await feeding
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'zombie',
      fault: 'SIGSTOP beyond the session, SIGCONT after takeover',
      how: `${campaign.instances.length} instances in turn; each rejoined by itself`,
      fired: takenOverMs.length,
      recoveryMs: takenOverMs,
      figures: { 'largest ms until a zombie knew': Math.round(Math.max(...rejoinedMs)) },
    }
  })
