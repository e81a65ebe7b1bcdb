import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { LogError } from '../../errors.ts'
import type { TopicPartition } from '../../record/record.ts'
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
import { FramedSocket } from './framed-socket.ts'
import { errorOf, type Method, type Methods, type Reply } from './protocol.ts'
import { RemoteProducer, RemoteReader } from './remote-handles.ts'

/** A log that another process owns, through its socket. When the owner goes, every call fails with `log-unavailable`. */
export class RemoteLog implements LogClient {
  readonly #socket: FramedSocket
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0
  #refusal: LogError | undefined

  private constructor(socket: Socket) {
    this.#socket = new FramedSocket(
      socket,
      (message) => this.#settle(message as Reply),
      () => this.#end(new LogError('log-unavailable', "the log's owner has gone: connect again")),
    )
  }

  /** `undefined` when nobody listens there. */
  static async connect(path: string): Promise<RemoteLog | undefined> {
    const socket = createConnection(path)
    try {
      await once(socket, 'connect')
      return new RemoteLog(socket)
    } catch {
      socket.destroy()
      return undefined
    }
  }

  createTopic(spec: TopicSpec): Promise<'created' | 'exists'> {
    return this.call('createTopic', spec)
  }

  describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.call('describeTopic', topic)
  }

  topics(): Promise<readonly string[]> {
    return this.call('topics', undefined)
  }

  startOffset(at: TopicPartition): Promise<number> {
    return this.call('startOffset', at)
  }

  endOffset(at: TopicPartition, isolation: Isolation): Promise<number> {
    return this.call('endOffset', { at, isolation })
  }

  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.call('committedOffsets', { groupId, partitions })
  }

  async openReader(options: ReaderOptions): Promise<PartitionReader> {
    return new RemoteReader(this, await this.call('openReader', options), options.offset)
  }

  async openProducer(): Promise<Producer> {
    return new RemoteProducer(this, await this.call('openProducer', undefined))
  }

  async close(): Promise<void> {
    this.#end(new LogError('log-closed', 'the log is closed: connect again'))
    this.#socket.close()
  }

  /** Asks the owner. @throws LogError `log-closed`, `log-unavailable`, and what the owner throws */
  call<M extends Method>(method: M, argument: Methods[M][0]): Promise<Methods[M][1]> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    this.#socket.send({ id, method, argument })
    return answer.promise as Promise<Methods[M][1]>
  }

  #settle(reply: Reply): void {
    const answer = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('failure' in reply) answer?.reject(errorOf(reply.failure))
    else answer?.resolve(reply.result)
  }

  #end(refusal: LogError): void {
    this.#refusal ??= refusal
    for (const answer of this.#pending.values()) answer.reject(this.#refusal)
    this.#pending.clear()
  }
}
