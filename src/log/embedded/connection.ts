import type { Socket } from 'node:net'
import { LogError } from '../../errors.ts'
import type { LogClient, PartitionReader, Producer } from '../log.ts'
import { FramedSocket } from './framed-socket.ts'
import { describeFailure, type Leaving, type Method, type Methods, type Request } from './protocol.ts'

interface OpenReader {
  readonly reader: PartitionReader
  /** The client's count of its seeks. */
  seeks: number
}

type Handlers = { [M in Method]: (argument: Methods[M][0]) => Promise<Methods[M][1]> }

export interface ConnectionOptions {
  readonly log: LogClient
  readonly socket: Socket
  /** Whether the log goes to the client that asks for it; if so, the owner leaves. */
  readonly onHandOver: () => boolean
  readonly onClose: () => void
}

/** The owner's side of one client: answers its calls and closes what it leaves open. */
export class Connection {
  readonly #log: LogClient
  readonly #socket: FramedSocket
  readonly #onHandOver: () => boolean
  readonly #readers = new Map<number, OpenReader>()
  readonly #producers = new Map<number, Producer>()
  readonly #handlers: Handlers = this.#makeHandlers()
  readonly #inHand = new Set<Promise<void>>()
  readonly #closed = Promise.withResolvers<void>()
  #handles = 0
  #leaving = false

  constructor({ log, socket, onHandOver, onClose }: ConnectionOptions) {
    this.#log = log
    this.#onHandOver = onHandOver
    this.#socket = new FramedSocket(
      socket,
      (message) => this.#take(message as Request),
      () => {
        this.#closeReaders()
        for (const producer of this.#producers.values()) void producer.close()
        this.#closed.resolve()
        onClose()
      },
    )
  }

  /** Resolves when the connection is closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** Finishes what is in hand, polls at once, and refuses the rest. Resolves when everything in hand is answered. */
  async leave(leaving: Leaving): Promise<void> {
    this.#leaving = true
    this.#socket.send({ leaving })
    this.#closeReaders()
    await Promise.all(this.#inHand)
  }

  close(): void {
    this.#socket.close()
  }

  #take(request: Request): void {
    if (this.#leaving) {
      this.#socket.send({ id: request.id, moved: true })
      return
    }
    const answered = this.#answer(request).finally(() => this.#inHand.delete(answered))
    this.#inHand.add(answered)
  }

  async #answer({ id, method, argument }: Request): Promise<void> {
    try {
      const handler = this.#handlers[method] as ((argument: unknown) => Promise<unknown>) | undefined
      if (handler === undefined) throw new LogError('log-unavailable', `the log's owner knows no ${method}: update it`)
      this.#socket.send({ id, result: await handler(argument) })
    } catch (error) {
      const ended = this.#leaving && method === 'poll' && error instanceof LogError && error.code === 'log-closed'
      this.#socket.send(ended ? { id, moved: true } : { id, failure: describeFailure(error) })
    }
  }

  #makeHandlers(): Handlers {
    return {
      createTopic: (spec) => this.#log.createTopic(spec),
      describeTopic: (topic) => this.#log.describeTopic(topic),
      topics: () => this.#log.topics(),
      startOffset: (at) => this.#log.startOffset(at),
      endOffset: ({ at, isolation }) => this.#log.endOffset(at, isolation),
      committedOffsets: ({ groupId, partitions }) => this.#log.committedOffsets(groupId, partitions),
      openReader: async (options) =>
        this.#keep(this.#readers, { reader: await this.#log.openReader(options), seeks: 0 }),
      poll: async ({ reader, maxWaitMs }) => {
        const open = opened(this.#readers, reader)
        const batch = await open.reader.poll(maxWaitMs)
        return { batch, seeks: open.seeks }
      },
      seek: async ({ reader, offset, seeks }) => {
        const open = opened(this.#readers, reader)
        open.seeks = seeks
        open.reader.seek(offset)
        return undefined
      },
      closeReader: async (handle) => {
        const open = this.#readers.get(handle)
        this.#readers.delete(handle)
        await open?.reader.close()
        return undefined
      },
      openProducer: async () => this.#keep(this.#producers, await this.#log.openProducer()),
      send: ({ producer, records }) => opened(this.#producers, producer).send(records),
      closeProducer: async (handle) => {
        const producer = this.#producers.get(handle)
        this.#producers.delete(handle)
        await producer?.close()
        return undefined
      },
      handOver: async () => ({ granted: this.#onHandOver(), pid: process.pid }),
    }
  }

  #closeReaders(): void {
    for (const { reader } of this.#readers.values()) void reader.close()
  }

  #keep<T>(handles: Map<number, T>, open: T): number {
    handles.set(++this.#handles, open)
    return this.#handles
  }
}

function opened<T>(handles: Map<number, T>, handle: number): T {
  const open = handles.get(handle)
  if (open === undefined) throw new LogError('log-closed', 'it is closed: open another')
  return open
}
