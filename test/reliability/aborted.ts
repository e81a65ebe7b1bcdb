import { partitionFor } from '../../src/record/murmur2.ts'
import type { OutgoingRecord } from '../../src/record/record.ts'
import { Random } from '../../src/replay/simulator/random.ts'
import { type Campaign, type CampaignOptions, withCampaign } from './campaign.ts'
import { StockProducer } from './foreign.ts'
import type { Row } from './row.ts'

export interface AbortedOptions extends CampaignOptions {
  /** Crashes of ours in the middle of a transaction. */
  readonly rounds: number
}

const producers = 4
const fetchBytes = [200, 4_096, 256 * 1024]
const zeros = Buffer.alloc(4)

/** Others' transactions on main, every second aborted, interleaved; and our own, cut off by crashes, in the changelogs. */
export const abortedCampaign = (options: AbortedOptions): Promise<Row> =>
  withCampaign({ ...options, settings: { maxRecords: 50 } }, async (campaign) => {
    const random = new Random(options.seed, 'aborted')
    const { instances } = campaign
    for (const [n, instance] of instances.entries())
      instance.settings = { ...instance.settings, maxBytes: fetchBytes[n % fetchBytes.length]! }
    const foreign = new ForeignWriters(campaign, options, random)
    const writing = foreign.run()
    writing.catch(() => undefined)
    for (let round = 0; round < options.rounds; round++) {
      const victim = instances[round % instances.length]!
      // Its predecessors' aborted transactions lie in what it restores.
      if (round % 4 === 3) await victim.loseState()
      const point = round % 2 === 0 ? 'after-produce' : 'after-offsets'
      const { err } = await victim.start({ point, pass: 1 + (random.uint32() % 12) }).ended
      if (!err.includes(`fail point ${point}`)) throw new Error(`${victim.name} did not die where it should: ${err}`)
      campaign.say(`${victim.name} died in a transaction (${round + 1})`)
    }
    await writing
    for (const instance of instances) await instance.loseState()
    await campaign.start()
    const verdict = await campaign.finish()
    return {
      ...verdict,
      campaign: 'aborted',
      fault: 'aborted transactions in main and changelogs',
      how: `${producers} stock producers, interleaved, half aborted, keys of four zero bytes among them; our own crashes; fetches of ${fetchBytes.join(', ')} bytes`,
      fired: foreign.aborted + options.rounds,
      recoveryMs: [],
      figures: {
        'aborted in main': foreign.aborted,
        'records in them': foreign.abortedRecords,
        'committed in main': foreign.committed,
        'our transactions cut off': options.rounds,
      },
    }
  })

class ForeignWriters {
  aborted = 0
  abortedRecords = 0
  committed = 0
  readonly #campaign: Campaign
  readonly #options: AbortedOptions
  readonly #random: Random

  constructor(campaign: Campaign, options: AbortedOptions, random: Random) {
    this.#campaign = campaign
    this.#options = options
    this.#random = random
  }

  /** Until all events are written; those of an aborted transaction are gone, and others come in their place. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: producers }, (_, n) => this.#write(n)))
  }

  async #write(n: number): Promise<void> {
    const { applicationId } = this.#campaign
    const { brokers } = this.#options
    const transactionalId = `${applicationId}-stranger-${n}`
    const producer = new StockProducer({ brokers, transactionalId, transactionTimeoutMs: 30_000 })
    await producer.connect()
    for (
      let end: 'commit' | 'abort' = n % 2 === 0 ? 'commit' : 'abort';
      ;
      end = end === 'commit' ? 'abort' : 'commit'
    ) {
      const records = this.#campaign.feed.records(5 + (this.#random.uint32() % 60))
      if (records.length === 0) break
      await producer.write([...records, this.#withZeros(records[0]!)], end)
      if (end === 'commit') this.committed++
      else {
        this.aborted++
        this.abortedRecords += records.length + 1
      }
    }
    await producer.disconnect()
  }

  /** A record that a careless reader takes for a transaction's marker. */
  #withZeros(like: OutgoingRecord): OutgoingRecord {
    return { ...like, key: zeros, partition: partitionFor(zeros, this.#campaign.partitions) }
  }
}
