import { startBroker } from '../../scripts/broker/start-broker.ts'
import { abortedCampaign } from './aborted.ts'
import type { Arguments } from './arguments.ts'
import { brokerCampaigns } from './broker.ts'
import { killCampaign } from './kill.ts'
import { proxyCampaign } from './proxy.ts'
import type { Row } from './row.ts'
import { scaleCampaign } from './scale.ts'
import { soakCampaign } from './soak.ts'
import { zombieCampaigns } from './zombie.ts'

type Say = (line: string) => void

/** Runs a campaign beside a broker, `KAFKA_BROKERS` or one of its own. */
async function withBroker(run: (brokers: string) => Promise<Row | Row[]>): Promise<Row[]> {
  const broker = await startBroker()
  try {
    return [await run(broker.brokers)].flat()
  } finally {
    await broker.stop()
  }
}

/** By name, in the order in which `all` runs them. */
export const campaigns: Readonly<Record<string, (options: Arguments, say: Say) => Promise<Row[]>>> = {
  kill: ({ small, seed, events = small ? 10_000 : 200_000, kills = small ? 4 : 30, rate = 1_500 }, say) =>
    withBroker((brokers) => killCampaign({ brokers, events, seed, kills, perSecond: rate, say })),
  zombie: ({ small, seed, events = small ? 5_000 : 40_000, rounds = small ? 2 : 10, rate = 1_000 }, say) =>
    withBroker((brokers) => zombieCampaigns({ brokers, events, seed, rounds, perSecond: rate, say })),
  proxy: ({ small, seed, events = small ? 20_000 : 100_000, times = small ? 1 : 5, rate = 500 }, say) =>
    withBroker((brokers) => proxyCampaign({ brokers, events, seed, times, perSecond: rate, say })),
  broker: ({ small, seed, events = small ? 8_000 : 60_000, rounds = small ? 1 : 3, rate = 1_000 }, say) =>
    brokerCampaigns({ events, seed, rounds, perSecond: rate, ...(small ? {} : { awayMs: 45_000 }), say }),
  aborted: ({ small, seed, events = small ? 4_000 : 30_000, rounds = small ? 4 : 20 }, say) =>
    withBroker((brokers) => abortedCampaign({ brokers, events, seed, rounds, say })),
  scale: ({ small, seed, standby, rate = 1_000 }, say) =>
    withBroker(async (brokers) => {
      const rows: Row[] = []
      for (const standbys of standby === undefined ? (small ? [0] : [0, 1]) : [standby])
        rows.push(
          await scaleCampaign({
            brokers,
            seed,
            standby: standbys,
            perSecond: rate,
            stageMs: small ? 5_000 : 20_000,
            say,
          }),
        )
      return rows
    }),
  soak: ({ small, seed, minutes = small ? 1 : 30, rate = 500 }, say) =>
    withBroker((brokers) => soakCampaign({ brokers, seed, minutes, perSecond: rate, say })),
}
