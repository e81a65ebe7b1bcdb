import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../scripts/broker/free-port.ts'
import { type RunningBroker, startBroker } from '../../scripts/broker/start-broker.ts'
import { Random } from '../../src/replay/simulator/random.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import { ForeignProducer } from './foreign.ts'
import type { Row } from './row.ts'

export interface BrokerCampaignOptions extends Omit<CampaignOptions, 'brokers'> {
  /** Of each kind. */
  readonly rounds: number
  readonly perSecond: number
  /** How long the broker is away in the last round. Default: as long as it takes to start. */
  readonly awayMs?: number
}

const recoversWithinMs = 120_000
const transactionTimeoutMs = 6_000
/** As by default: nobody dies here, and a broker that is just starting answers late. */
const sessionTimeoutMs = 10_000

/** The broker restarts, cleanly and as by a crash, and a foreign producer dies in the middle of a transaction. */
export async function brokerCampaigns(options: BrokerCampaignOptions): Promise<Row[]> {
  return [
    await brokerRestarts('stop', options),
    await brokerRestarts('kill', options),
    await withOwnBroker((broker) => hangingProducer(broker, options)),
  ]
}

/** The broker ends under load, cleanly or as by a crash, and comes back. */
export const brokerRestarts = (how: 'stop' | 'kill', options: BrokerCampaignOptions): Promise<Row> =>
  withOwnBroker((broker) => restarts(how, broker, options))

interface OwnBroker {
  readonly brokers: string
  restart(how: 'stop' | 'kill', awayMs: number): Promise<void>
}

/** A broker that comes back on the same port with the same data. */
async function withOwnBroker(work: (broker: OwnBroker) => Promise<Row>): Promise<Row> {
  const dataDir = await mkdtemp(join(tmpdir(), 'weir-campaign-broker-'))
  const port = await freePort()
  const start = (): Promise<RunningBroker> => startBroker({ shared: false, dataDir, port })
  let broker = await start()
  try {
    return await work({
      brokers: broker.brokers,
      async restart(how, awayMs) {
        await broker[how]()
        await pause(awayMs)
        broker = await start()
      },
    })
  } finally {
    await broker.kill()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const restarts = (how: 'stop' | 'kill', broker: OwnBroker, options: BrokerCampaignOptions): Promise<Row> =>
  withCampaign({ ...options, brokers: broker.brokers, settings: { sessionTimeoutMs } }, async (campaign) => {
    const random = new Random(options.seed, how)
    const recoveryMs: number[] = []
    const rounds: number[] = []
    const { awayMs = 0 } = options
    await campaign.start()
    const feeding = campaign.feed.run(options.events, options.perSecond)
    feeding.catch(() => undefined)
    for (let round = 0; round < options.rounds; round++) {
      await pause(2_000 + (random.uint32() % 3_000))
      await broker.restart(how, round === options.rounds - 1 ? awayMs : 0)
      const before = campaign.rounds
      recoveryMs.push(await untilAllCommit(campaign))
      rounds.push(campaign.rounds - before)
      campaign.say(
        `broker restarted (${how}), everybody committed ${Math.round(recoveryMs.at(-1)!)} ms after it was back`,
      )
    }
    await feeding
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'broker',
      fault: how === 'stop' ? 'clean restart of the broker' : 'SIGKILL of the broker',
      how: `under load, on the same data${awayMs > 0 ? `, once away for ${awayMs / 1000} s` : ''}; recovery counts from when the broker answers again`,
      fired: options.rounds,
      recoveryMs,
      figures: { 'most rounds of the group in a recovery': Math.max(...rounds) },
    }
  })

/** Every partition's committed position moves on, and by then all are processed. */
async function untilAllCommit(campaign: Campaign): Promise<number> {
  const { log, applicationId, mainTopic, partitions } = campaign
  const positions = async (): Promise<number[]> => {
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic: mainTopic, partition }))
    return (await log.committedOffsets(applicationId, all)).map(({ offset }) => offset)
  }
  const startedMs = performance.now()
  const before = await positions()
  await campaign.until(
    async () => {
      if (!campaign.allRun()) return false
      const now = await positions()
      return now.every((position, partition) => position > before[partition]!)
    },
    recoversWithinMs,
    'not everybody committed again',
  )
  return performance.now() - startedMs
}

const hangingProducer = (broker: OwnBroker, options: BrokerCampaignOptions): Promise<Row> =>
  withCampaign({ ...options, brokers: broker.brokers }, async (campaign) => {
    const seenMs: number[] = []
    const recoveryMs: number[] = []
    const health = (wanted: string) => () => campaign.instances.some(({ status }) => status?.health === wanted)
    await campaign.start()
    const feeding = campaign.feed.run(options.events, options.perSecond)
    feeding.catch(() => undefined)
    for (let round = 0; round < options.rounds; round++) {
      await pause(1_000)
      const foreign = await ForeignProducer.hang({
        brokers: broker.brokers,
        transactionalId: `foreign-${round}`,
        transactionTimeoutMs,
        records: campaign.feed.records(50),
      })
      seenMs.push(await campaign.until(health('degraded'), 30_000, 'no health report was degraded'))
      await foreign.kill()
      recoveryMs.push(
        await campaign.until(
          () => campaign.instances.every(({ status }) => status?.health === 'ready'),
          recoversWithinMs,
          'the health reports did not recover',
        ),
      )
      campaign.say(
        `a foreign transaction hung, was seen, and was gone ${Math.round(recoveryMs.at(-1)!)} ms after its producer died`,
      )
    }
    await feeding
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'broker',
      fault: 'foreign producer killed in its transaction',
      how: `50 records on all partitions, never ended; health says degraded, then Kafka aborts it after ${transactionTimeoutMs / 1000} s`,
      fired: options.rounds,
      recoveryMs,
      figures: { 'largest ms until health showed it': Math.round(Math.max(...seenMs)) },
    }
  })
