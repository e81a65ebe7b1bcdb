import { LogError } from '../../errors.ts'
import { nameOf, type TopicPartition } from '../../record/record.ts'
import type { FetchedBatch, Isolation, OffsetSpan, PartitionReader, ReaderOptions } from '../log.ts'
import { BrokerError, check, codes, hasCode } from './broker-error.ts'
import { type Cluster, Links } from './cluster.ts'
import { toLogError } from './failures.ts'
import { type FetchResponse, fetchCall } from './fetch.ts'
import { Leader } from './leader.ts'
import { FetchedRecords } from './read-fetched.ts'
import { partitionResource } from './resource.ts'

const defaultMaxBytes = 1024 * 1024
/** The longest a broker is asked to wait: a broken connection is noticed this much later at most. */
const longestWaitMs = 5000
/** A poll gives out so many of the records that one fetch brought: made all at once, most would grow old before their turn. */
const mostPolled = 1_000

interface Fetched {
  readonly offset: number
  readonly response: FetchResponse
}

/** What was fetched, with what is not given out yet. */
interface Rest {
  readonly fetched: FetchedRecords
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/**
 * Reads one partition over a connection of its own: a long poll here delays nobody else. While more is known to lie
 * ahead, the next fetch is under way before the next poll asks.
 */
export class KafkaReader implements PartitionReader {
  readonly #cluster: Cluster
  readonly #links: Links
  readonly #leader: Leader
  readonly #partition: TopicPartition
  readonly #isolation: Isolation
  readonly #maxBytes: number
  readonly #startOffset: (partition: TopicPartition) => Promise<number>
  readonly #closing = new AbortController()
  #position: number
  #ahead: Promise<Fetched> | undefined
  #rest: Rest | undefined
  /** What the caller knows of what lies ahead, in order. */
  #known: OffsetSpan[] = []

  constructor(
    cluster: Cluster,
    { topic, partition, offset, isolation, maxBytes }: ReaderOptions,
    startOffset: (partition: TopicPartition) => Promise<number>,
  ) {
    this.#cluster = cluster
    this.#links = new Links(cluster)
    this.#partition = { topic, partition }
    this.#position = offset
    this.#leader = new Leader(cluster, this.#partition, { links: this.#links, signal: this.#closing.signal })
    this.#isolation = isolation
    this.#maxBytes = maxBytes ?? defaultMaxBytes
    this.#startOffset = startOffset
  }

  get position(): number {
    return this.#position
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  seek(offset: number): void {
    this.#position = offset
  }

  leaveOut(span: OffsetSpan): void {
    this.#known.push(span)
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch> {
    this.#throwIfClosed()
    const { clock } = this.#cluster
    const untilMs = clock.nowMs() + maxWaitMs
    try {
      // A seek makes it useless, as it does what was fetched ahead.
      if (this.#rest?.fetched.nextOffset === this.#position) return this.#part(this.#rest)
      for (;;) {
        const fetched = await this.#next(Math.min(Math.max(0, untilMs - clock.nowMs()), longestWaitMs))
        this.#throwIfClosed()
        if (fetched.offset !== this.#position) continue
        if (fetched.response.recordSet.length > 0 || clock.nowMs() >= untilMs) return this.#take(fetched)
      }
    } catch (error) {
      this.#throwIfClosed()
      if (hasCode(error, codes.OFFSET_OUT_OF_RANGE)) throw await this.#outOfRange(error)
      throw toLogError(error, this.#cluster.options.principal)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#links.close()
    await this.#ahead?.catch(() => undefined)
  }

  /** What was fetched ahead, or a fetch of now. */
  #next(maxWaitMs: number): Promise<Fetched> {
    const ahead = this.#ahead
    this.#ahead = undefined
    return ahead ?? this.#fetch(this.#position, maxWaitMs)
  }

  #take({ response }: Fetched): FetchedBatch {
    const committed = this.#isolation === 'read-committed'
    const view = { fromOffset: this.#position, isolation: this.#isolation, leftOut: this.#known }
    const fetched = new FetchedRecords(this.#partition, view, response)
    const { endOffset } = fetched
    this.#known = this.#known.filter(({ to }) => to > endOffset)
    // The broker notes the ends before it reads: the records may go further.
    const highWatermark = Math.max(response.highWatermark, endOffset)
    const lastStableOffset = committed ? Math.max(response.lastStableOffset, endOffset) : response.lastStableOffset
    if (endOffset > this.#position && endOffset < (committed ? lastStableOffset : highWatermark))
      this.#fetchAhead(endOffset)
    return this.#part({ fetched, highWatermark, lastStableOffset })
  }

  #part(rest: Rest): FetchedBatch {
    const { fetched, highWatermark, lastStableOffset } = rest
    const records = fetched.take(mostPolled)
    const { nextOffset, hasMore } = fetched
    this.#position = nextOffset
    this.#rest = hasMore ? rest : undefined
    return { ...this.#partition, records, nextOffset, highWatermark, lastStableOffset, hasMore }
  }

  #fetchAhead(offset: number): void {
    this.#ahead = this.#fetch(offset, 0)
    // Its failure is the next poll's; until then it is nobody's.
    this.#ahead.catch(() => undefined)
  }

  #fetch(offset: number, maxWaitMs: number): Promise<Fetched> {
    const { topic, partition } = this.#partition
    const request = { topic, partition, offset, isolation: this.#isolation, maxBytes: this.#maxBytes, maxWaitMs }
    return this.#leader.ask(async (link) => {
      const response = await link.send(fetchCall(request))
      check(response.errorCode, partitionResource(this.#partition, 'Read'))
      return { offset, response }
    })
  }

  async #outOfRange(cause: unknown): Promise<Error> {
    try {
      const startOffset = await this.#startOffset(this.#partition)
      return new LogError(
        'offset-out-of-range',
        `${nameOf(this.#partition)} does not hold offset ${this.#position}: it begins at ${startOffset}`,
        { cause, startOffset },
      )
    } catch (error) {
      return toLogError(error instanceof BrokerError ? cause : error, this.#cluster.options.principal)
    }
  }

  #throwIfClosed(): void {
    if (this.#closing.signal.aborted)
      throw new LogError('log-closed', `the reader of ${nameOf(this.#partition)} is closed`)
  }
}
