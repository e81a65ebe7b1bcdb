import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import type { WorkerSettings } from '../support/faults/settings.ts'
import { campaignEvents, campaignRulesFolder } from './campaign-events.ts'
import { Feed } from './feed.ts'
import { Instance } from './instance.ts'
import { judge, type Verdict } from './verdict.ts'

export interface CampaignOptions {
  /** `host:port` of the broker. */
  readonly brokers: string
  /** Events to send altogether, at most. */
  readonly events: number
  readonly seed: number
  /** Default 6. */
  readonly partitions?: number
  /** Default 3. */
  readonly instances?: number
  /** Where the instances find the broker, when not there. */
  readonly through?: string
  readonly settings?: Partial<WorkerSettings>
  /** Hears what happens, a line at a time. */
  say(line: string): void
}

const pollMs = 20
const readsOnMs = 120_000

/** A main topic under load, instances of the application on it, and an oracle for what they must have written. */
export class Campaign {
  readonly log: Log
  readonly feed: Feed
  readonly instances: readonly Instance[]
  readonly partitions: number
  readonly mainTopic: string
  readonly applicationId: string
  readonly say: (line: string) => void
  readonly #definition: string
  readonly #folder: string

  private constructor(
    options: CampaignOptions,
    opened: { readonly log: Log; readonly folder: string; readonly definition: string; readonly id: string },
  ) {
    const { brokers, events, seed, partitions = 6, instances = 3, through = brokers, settings, say } = options
    this.log = opened.log
    this.partitions = partitions
    this.say = say
    this.mainTopic = `main-${opened.id}`
    this.applicationId = `campaign-${opened.id}`
    this.#folder = opened.folder
    this.#definition = opened.definition
    const lines = campaignEvents({ count: events, seed })
    this.feed = new Feed(opened.log, { topic: this.mainTopic, partitions }, lines)
    this.instances = Array.from(
      { length: instances },
      (_, n) =>
        new Instance(`instance ${n + 1}`, {
          place: { kind: 'kafka', brokers: through },
          mainTopic: this.mainTopic,
          applicationId: this.applicationId,
          stateDir: join(opened.folder, `state-${n + 1}`),
          rules: campaignRulesFolder,
          maxRecords: 200,
          maxBytes: 256 * 1024,
          restoreBatchEntries: 500,
          writeBehindBytes: 256 * 1024,
          ...settings,
        }),
    )
  }

  static async open(options: CampaignOptions): Promise<Campaign> {
    const id = randomUUID().slice(0, 8)
    const folder = await mkdtemp(join(tmpdir(), 'weir-campaign-'))
    const { hash } = await loadRuleSet(campaignRulesFolder)
    // Long enough for a broker's restart.
    const log = await openKafkaLog({ brokers: [options.brokers], unavailableMs: 120_000 })
    const campaign = new Campaign(options, { log, folder, definition: hash, id })
    const { mainTopic, partitions } = campaign
    await log.createTopic({ topic: mainTopic, partitions, config: { 'retention.ms': '-1' } })
    return campaign
  }

  /** Starts every instance and waits until all partitions are being processed. */
  async start(): Promise<void> {
    for (const instance of this.instances) instance.start()
    await this.until(() => this.allRun(), 60_000, 'the instances did not start')
  }

  /** How many partitions are being processed, as the living instances say. */
  get running(): number {
    return this.instances.reduce((sum, instance) => sum + instance.runs, 0)
  }

  /** How many rounds the group has had, as the living instance that saw most of them says. */
  get rounds(): number {
    return Math.max(...this.instances.map((instance) => (instance.isCounted ? (instance.process?.rounds ?? 0) : 0)))
  }

  allRun(): boolean {
    return this.running === this.partitions
  }

  /** Waits for the condition; gives how long that took, ms. @throws Error when an instance ended by itself or it takes longer */
  async until(condition: () => boolean | Promise<boolean>, withinMs: number, complaint: string): Promise<number> {
    const startedMs = performance.now()
    while (!(await condition())) {
      for (const instance of this.instances) instance.throwIfEnded()
      if (performance.now() - startedMs > withinMs) throw new Error(`${complaint} within ${withinMs} ms`)
      await pause(pollMs)
    }
    return performance.now() - startedMs
  }

  /**
   * Waits until everything on main has been processed, stops the instances, and compares.
   * @throws Error when there are too few decisions to say anything
   */
  async finish(): Promise<Verdict> {
    await this.until(() => this.#isCaughtUp(), readsOnMs, 'the instances did not catch up')
    await Promise.all(this.instances.map((instance) => instance.stop()))
    this.say('comparing with the oracle')
    const verdict = await judge(this.log, this.mainTopic, this.#definition)
    if (verdict.decisions * 3 < verdict.events) throw new Error('too few decisions to prove anything: send more events')
    return verdict
  }

  async dispose(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.kill()))
    await this.log.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #isCaughtUp(): Promise<boolean> {
    await pause(200)
    for (let partition = 0; partition < this.partitions; partition++) {
      const at = { topic: this.mainTopic, partition }
      const [committed] = await this.log.committedOffsets(this.applicationId, [at])
      if (committed?.offset !== (await this.log.endOffset(at, 'read-uncommitted'))) return false
    }
    return true
  }
}

/** Opens a campaign, runs it, and cleans up whatever comes. */
export async function withCampaign<T>(options: CampaignOptions, work: (campaign: Campaign) => Promise<T>): Promise<T> {
  const campaign = await Campaign.open(options)
  try {
    return await work(campaign)
  } finally {
    await campaign.dispose()
  }
}
