import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { LogError } from '../../errors.ts'
import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
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
import { sendAsOneWrite } from './one-write.ts'
import { OwnerLeftError } from './owner-left.ts'
import { errorOf, type Leaving, type LeavingNotice, type Method, type Methods, type Reply } from './protocol.ts'
import { RemoteProducer, RemoteReader } from './remote-handles.ts'

/** A log that another process owns, through its socket. When the owner goes, every call fails with OwnerLeftError. */
export class RemoteLog implements LogClient {
  readonly #socket: FramedSocket
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #calls = 0
  #refusal: LogError | undefined
  #leaving: Leaving | undefined

  private constructor(socket: Socket) {
    this.#socket = new FramedSocket(
      socket,
      (message) => this.#receive(message as Reply | LeavingNotice),
      () => this.#end(new OwnerLeftError('not-done'), new OwnerLeftError('unknown')),
    )
  }

  /** The owner left because somebody asked for the log: that one opens it now. */
  get hasHeir(): boolean {
    return this.#leaving === 'to-heir'
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

  sendTogether(_transactionalId: string, records: readonly OutgoingRecord[]): Promise<readonly number[]> {
    return sendAsOneWrite(this, records)
  }

  async openProducer(): Promise<Producer> {
    return new RemoteProducer(this, await this.call('openProducer', undefined))
  }

  async close(): Promise<void> {
    const closed = new LogError('log-closed', 'the log is closed: connect again')
    this.#end(closed, closed)
    this.#socket.close()
  }

  /** Asks the owner. @throws LogError `log-closed`, OwnerLeftError, and what the owner throws */
  call<M extends Method>(method: M, argument: Methods[M][0]): Promise<Methods[M][1]> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    const id = ++this.#calls
    const answer = Promise.withResolvers<unknown>()
    this.#pending.set(id, answer)
    this.#socket.send({ id, method, argument })
    return answer.promise as Promise<Methods[M][1]>
  }

  #receive(message: Reply | LeavingNotice): void {
    if ('leaving' in message) {
      this.#leaving = message.leaving
      this.#refusal ??= new OwnerLeftError('not-done')
    } else {
      this.#settle(message)
    }
    if (this.#leaving !== undefined && this.#pending.size === 0) this.#socket.end()
  }

  #settle(reply: Reply): void {
    const answer = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('moved' in reply) answer?.reject(new OwnerLeftError('not-done'))
    else if ('failure' in reply) answer?.reject(errorOf(reply.failure))
    else answer?.resolve(reply.result)
  }

  /** @param refusal what later calls get @param unanswered what calls get that wait for their answer */
  #end(refusal: LogError, unanswered: LogError): void {
    this.#refusal ??= refusal
    for (const answer of this.#pending.values()) answer.reject(unanswered)
    this.#pending.clear()
  }
}
