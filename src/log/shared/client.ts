import type { MessagePort } from 'node:worker_threads'
import { unpacked } from '../../record/packed/packed-record.ts'
import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
import type {
  CommittedOffset,
  FetchedBatch,
  GroupMembership,
  GroupOptions,
  Isolation,
  Log,
  PartitionReader,
  Producer,
  ReaderOptions,
  TopicDescription,
  TopicSpec,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { type Answer, describeFailure, errorOf, type Failure, listen, post, type Question } from './protocol.ts'

/** The log of another thread, through a port that it serves (`shareLog`). Closing it closes the port, not the log. */
export class SharedLog implements Log {
  readonly #port: MessagePort
  readonly #pending = new Map<number, PromiseWithResolvers<Answer & { value: unknown }>>()
  readonly #members = new Map<number, GroupOptions>()
  #calls = 0

  constructor(port: MessagePort) {
    this.#port = port
    listen(port, (message) => {
      if ('answer' in message) this.#settle(message)
      else if ('question' in message) void this.#respond(message)
    })
  }

  createTopic(spec: TopicSpec): Promise<'created' | 'exists'> {
    return this.call(0, 'createTopic', spec)
  }

  describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.call(0, 'describeTopic', topic)
  }

  topics(): Promise<readonly string[]> {
    return this.call(0, 'topics')
  }

  startOffset(at: TopicPartition): Promise<number> {
    return this.call(0, 'startOffset', at)
  }

  endOffset(at: TopicPartition, isolation: Isolation): Promise<number> {
    return this.call(0, 'endOffset', at, isolation)
  }

  async openReader(options: ReaderOptions): Promise<PartitionReader> {
    return new SharedReader(this, await this.open('openReader', options), options.offset)
  }

  async openProducer(): Promise<Producer> {
    return new SharedProducer(this, await this.open('openProducer'))
  }

  sendTogether(transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return this.call(0, 'sendTogether', transactionalId, records.map(unpacked))
  }

  async openTransactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    return new SharedProducer(this, await this.open('openTransactionalProducer', options))
  }

  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.call(0, 'committedOffsets', groupId, partitions)
  }

  commitOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.call(0, 'commitOffsets', groupId, offsets)
  }

  deleteRecordsBefore(partition: TopicPartition, offset: number): Promise<void> {
    return this.call(0, 'deleteRecordsBefore', partition, offset)
  }

  /** The assignor is the one that the log's thread has for its threads. */
  async joinGroup(options: GroupOptions): Promise<GroupMembership> {
    const { groupId, topics, assignorName, sessionTimeoutMs, rebalanceTimeoutMs } = options
    // Handles of the log count up: members count down.
    const member = -this.#members.size - 1
    this.#members.set(member, options)
    const memberId = await this.call<string>(0, 'joinGroup', {
      groupId,
      topics,
      assignorName,
      member,
      userData: options.userData(),
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
      ...(rebalanceTimeoutMs === undefined ? {} : { rebalanceTimeoutMs }),
    })
    return {
      memberId,
      rejoin: () => post(this.#port, { rejoin: member, userData: options.userData() }),
      leave: () => this.call(member, 'leave'),
    }
  }

  async close(): Promise<void> {
    this.#port.close()
  }

  async call<T>(on: number, method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.#send(on, method, args)).value as T
  }

  /** @returns the handle of what was opened */
  async open(method: string, ...args: readonly unknown[]): Promise<number> {
    const answer = await this.#send(0, method, args)
    return 'handle' in answer ? answer.handle! : 0
  }

  #send(on: number, method: string, args: readonly unknown[]): Promise<Answer & { value: unknown }> {
    const answer = Promise.withResolvers<Answer & { value: unknown }>()
    const call = ++this.#calls
    this.#pending.set(call, answer)
    post(this.#port, { call, on, method, args })
    return answer.promise
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.answer)
    this.#pending.delete(answer.answer)
    if ('failure' in answer) pending?.reject(errorOf(answer.failure))
    else pending?.resolve(answer)
  }

  async #respond({ question, member, event, args }: Question): Promise<void> {
    const options = this.#members.get(member)!
    let failure: Failure | undefined
    try {
      if (event === 'onError') options.onError(errorOf(args[0] as Failure))
      else if (event === 'onAssigned') await options.onAssigned(args[0] as TopicPartition[], args[1] as Buffer)
      else await options[event](args[0] as TopicPartition[])
    } catch (error) {
      failure = describeFailure(error)
    }
    post(this.#port, {
      response: question,
      member,
      userData: options.userData(),
      ...(failure === undefined ? {} : { failure }),
    })
  }
}

class SharedReader implements PartitionReader {
  readonly #log: SharedLog
  readonly #handle: number
  #position: number

  constructor(log: SharedLog, handle: number, position: number) {
    this.#log = log
    this.#handle = handle
    this.#position = position
  }

  get position(): number {
    return this.#position
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch> {
    const batch = await this.#log.call<FetchedBatch>(this.#handle, 'poll', maxWaitMs)
    this.#position = batch.nextOffset
    return batch
  }

  /** Not while a poll is under way. */
  seek(offset: number): void {
    this.#position = offset
    this.#log.call(this.#handle, 'seek', offset).catch(() => {})
  }

  close(): Promise<void> {
    return this.#log.call(this.#handle, 'close')
  }
}

class SharedProducer implements TransactionalProducer {
  readonly #log: SharedLog
  readonly #handle: number

  constructor(log: SharedLog, handle: number) {
    this.#log = log
    this.#handle = handle
  }

  send(records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return this.#log.call(this.#handle, 'send', records.map(unpacked))
  }

  sendOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#log.call(this.#handle, 'sendOffsets', groupId, offsets)
  }

  commit(): Promise<void> {
    return this.#log.call(this.#handle, 'commit')
  }

  abort(): Promise<void> {
    return this.#log.call(this.#handle, 'abort')
  }

  close(): Promise<void> {
    return this.#log.call(this.#handle, 'close')
  }
}
