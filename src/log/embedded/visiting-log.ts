import { LogError } from '../../errors.ts'
import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import type {
  CommittedOffset,
  Isolation,
  LogClient,
  PartitionReader,
  Producer,
  ReaderOptions,
  TopicDescription,
  TopicSpec,
} from '../log.ts'
import type { Access, AccessSource } from './access.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { defaultWaitMs, type EmbeddedLogOptions, isOwned, openFolder, retryMs } from './folder.ts'
import { sendAsOneWrite } from './one-write.ts'
import { OwnerLeftError } from './owner-left.ts'
import { RemoteLog } from './remote-log.ts'
import { findSocket } from './socket-place.ts'
import { VisitingProducer } from './visiting-producer.ts'
import { VisitingReader } from './visiting-reader.ts'

/** How long whoever asked for the log has to open it, before visitors try. */
const heirMs = 2_000

/**
 * The log in a folder for a visit: through its owner or, when nobody has it, as its owner, until somebody asks for it.
 * Owners may come and go: readers keep their positions, and questions are asked again.
 */
export class VisitingLog implements LogClient, AccessSource {
  readonly #folder: string
  readonly #options: EmbeddedLogOptions
  readonly #clock: Clock
  #access: Access | undefined
  #connecting: Promise<Access> | undefined
  /** Own logs that were asked for. */
  readonly #givenUp = new WeakSet<Access>()
  /** Settles when the last of them is closed. */
  #ownClosed: Promise<void> = Promise.resolve()
  #heirUntilMs = Number.NEGATIVE_INFINITY
  #closed = false

  private constructor(folder: string, options: EmbeddedLogOptions) {
    this.#folder = folder
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  static async connect(folder: string, options: EmbeddedLogOptions): Promise<VisitingLog> {
    const log = new VisitingLog(folder, options)
    await log.access()
    return log
  }

  get ownsLog(): boolean {
    return this.#access !== undefined && !(this.#access instanceof RemoteLog)
  }

  createTopic(spec: TopicSpec): Promise<'created' | 'exists'> {
    return this.#ask((log) => log.createTopic(spec))
  }

  describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.#ask((log) => log.describeTopic(topic))
  }

  topics(): Promise<readonly string[]> {
    return this.#ask((log) => log.topics())
  }

  startOffset(partition: TopicPartition): Promise<number> {
    return this.#ask((log) => log.startOffset(partition))
  }

  endOffset(partition: TopicPartition, isolation: Isolation): Promise<number> {
    return this.#ask((log) => log.endOffset(partition, isolation))
  }

  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#ask((log) => log.committedOffsets(groupId, partitions))
  }

  async openReader(options: ReaderOptions): Promise<PartitionReader> {
    await this.access()
    return new VisitingReader(this, options, this.#clock)
  }

  sendTogether(_transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return sendAsOneWrite(this, records)
  }

  async openProducer(): Promise<Producer> {
    await this.access()
    return new VisitingProducer(this)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#connecting?.catch(() => {})
    await this.#access?.close()
    await this.#ownClosed
  }

  async access(): Promise<Access> {
    this.#check()
    if (this.#access !== undefined) return this.#access
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  lost(access: Access, error: unknown): OwnerLeftError['outcome'] | undefined {
    this.#check()
    const outcome = this.#outcomeOf(access, error)
    if (outcome === undefined) return undefined
    if (this.#access === access) this.#access = undefined
    if (access instanceof RemoteLog && access.hasHeir) this.#expectHeir()
    return outcome
  }

  #outcomeOf(access: Access, error: unknown): OwnerLeftError['outcome'] | undefined {
    if (error instanceof OwnerLeftError) return error.outcome
    // The own log finishes what it has begun before it closes; it refuses the rest.
    const refused = error instanceof LogError && error.code === 'log-closed'
    return refused && this.#givenUp.has(access) ? 'not-done' : undefined
  }

  async #ask<T>(question: (log: LogClient) => Promise<T>): Promise<T> {
    while (true) {
      const access = await this.access()
      try {
        return await question(access)
      } catch (error) {
        if (this.lost(access, error) === undefined) throw error
      }
    }
  }

  async #connect(): Promise<Access> {
    await this.#ownClosed
    const deadlineMs = this.#clock.nowMs() + (this.#options.waitMs ?? defaultWaitMs)
    while (true) {
      this.#check()
      const access = (await RemoteLog.connect(await findSocket(this.#folder))) ?? (await this.#openUnlessOwned())
      if (access !== undefined && !this.#givenUp.has(access)) {
        this.#access = access
        return access
      }
      if (this.#clock.nowMs() >= deadlineMs) {
        throw new LogError(
          'log-unavailable',
          `the process that has the log in ${this.#folder} does not answer: stop it, or wait`,
        )
      }
      await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, retryMs))
    }
  }

  async #openUnlessOwned(): Promise<EmbeddedLog | undefined> {
    if (this.#clock.nowMs() < this.#heirUntilMs) return undefined
    try {
      return await openFolder(this.#folder, this.#options, (log) => this.#giveUp(log))
    } catch (error) {
      if (isOwned(error)) return undefined
      throw error
    }
  }

  #giveUp(log: EmbeddedLog): void {
    if (this.#givenUp.has(log)) return
    this.#givenUp.add(log)
    this.#expectHeir()
    if (this.#access === log) this.#access = undefined
    this.#ownClosed = log.close().catch(() => {})
  }

  #expectHeir(): void {
    this.#heirUntilMs = this.#clock.nowMs() + heirMs
  }

  #check(): void {
    if (this.#closed) throw new LogError('log-closed', 'the log is closed: connect again')
  }
}
