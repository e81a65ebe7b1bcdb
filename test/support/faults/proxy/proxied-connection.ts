import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { errorAnswer } from './error-answer.ts'
import type { Fault, FaultPlan } from './fault-plan.ts'
import { FrameReader } from './frames.ts'
import { type ProxiedRequest, readRequest } from './proxied-request.ts'

export interface ProxiedConnectionOptions {
  readonly client: Socket
  readonly host: string
  readonly brokerPort: number
  readonly proxyPort: number
  readonly faults: FaultPlan
  onRequest(key: number): void
  onProblem(problem: string): void
  onClosed(): void
}

const metadataKey = 3
const findCoordinatorKey = 10
const defaultDelayMs = 200

/** One client's connection through the proxy to the broker. */
export class ProxiedConnection {
  readonly #options: ProxiedConnectionOptions
  readonly #client: Socket
  readonly #broker: Socket
  readonly #unanswered = new Map<number, { readonly request: ProxiedRequest; readonly fault: Fault | undefined }>()
  /** Requests stay in order while one is delayed. */
  #last: Promise<void> = Promise.resolve()
  /** The client is gone, and the broker is to get one more request. */
  #outlivesClient = false
  #closed = false

  constructor(options: ProxiedConnectionOptions) {
    this.#options = options
    this.#client = options.client
    this.#broker = connect(options.brokerPort, options.host)
    const requests = new FrameReader()
    const answers = new FrameReader()
    this.#client.on('data', (chunk) => {
      for (const frame of requests.read(chunk)) this.#last = this.#last.then(() => this.#request(frame))
    })
    this.#broker.on('data', (chunk) => {
      for (const frame of answers.read(chunk)) this.#answer(frame)
    })
    for (const socket of [this.#client, this.#broker]) {
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        if (socket === this.#broker || !this.#outlivesClient) this.close()
      })
    }
  }

  close(): void {
    this.#client.destroy()
    this.#broker.destroy()
    if (this.#closed) return
    this.#closed = true
    // What the broker's end kept from happening is to happen to a later request.
    for (const { fault } of this.#unanswered.values()) if (fault !== undefined) this.#options.faults.giveBack(fault)
    this.#unanswered.clear()
    this.#options.onClosed()
  }

  async #request(frame: Buffer): Promise<void> {
    if (this.#closed) return
    let request: ProxiedRequest
    try {
      request = readRequest(frame)
    } catch (error) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error))
      return this.close()
    }
    this.#options.onRequest(request.key)
    const fault = request.api === undefined ? undefined : this.#options.faults.meet(request.api)
    await this.#carryOut(request, fault)
  }

  async #carryOut(request: ProxiedRequest, fault: Fault | undefined): Promise<void> {
    const { faults } = this.#options
    const delayMs = fault?.delayMs ?? defaultDelayMs
    switch (fault?.kind) {
      case 'request-lost':
        faults.note(fault)
        return this.close()
      case 'refused':
        faults.note(fault)
        this.#client.write(errorAnswer(request, fault.errorCode ?? -1))
        return
      case 'delayed':
        await pause(delayMs)
        if (this.#closed) return faults.giveBack(fault)
        faults.note(fault)
        return this.#forward(request, undefined)
      case 'late':
        this.#outlivesClient = true
        this.#client.destroy()
        await pause(delayMs)
        if (this.#closed) return faults.giveBack(fault)
        return this.#forward(request, fault)
      default:
        return this.#forward(request, fault)
    }
  }

  #forward(request: ProxiedRequest, fault: Fault | undefined): void {
    if (this.#closed) return
    this.#unanswered.set(request.correlationId, { request, fault })
    this.#broker.write(request.frame)
  }

  #answer(frame: Buffer): void {
    const correlationId = frame.readInt32BE(4)
    const asked = this.#unanswered.get(correlationId)
    this.#unanswered.delete(correlationId)
    const { faults } = this.#options
    if (asked?.fault === undefined) {
      const namesBrokers = asked?.request.key === metadataKey || asked?.request.key === findCoordinatorKey
      if (!this.#outlivesClient) this.#client.write(namesBrokers ? this.#withOwnPort(frame) : frame)
      return
    }
    // Only now is it certain that the broker has had the request.
    faults.note(asked.fault)
    if (asked.fault.kind === 'done-but-refused')
      this.#client.write(errorAnswer(asked.request, asked.fault.errorCode ?? -1))
    else this.close()
  }

  /** Brokers name themselves as a string and a port: the port becomes the proxy's. */
  #withOwnPort(frame: Buffer): Buffer {
    const { host, brokerPort, proxyPort } = this.#options
    const [from, to] = [brokerPort, proxyPort].map((port) => {
      const address = Buffer.alloc(2 + host.length + 4)
      address.writeInt16BE(host.length, 0)
      address.write(host, 2)
      address.writeInt32BE(port, 2 + host.length)
      return address
    }) as [Buffer, Buffer]
    for (let at = frame.indexOf(from); at !== -1; at = frame.indexOf(from, at + 1)) to.copy(frame, at)
    return frame
  }
}
