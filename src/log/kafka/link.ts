import type { Clock } from '../../time/clock.ts'
import type { ApiName, Apis } from './apis.ts'
import { check, LinkClosedError, LinkError } from './broker-error.ts'
import {
  type ApiVersions,
  type Call,
  Connection,
  createSocketFactory,
  encodeCall,
  firstVersions,
  type KafkaJsLogger,
} from './protocol.ts'
import { certificateRefused, hangUpHint, loginRefused } from './refusals.ts'
import { clusterResource } from './resource.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export interface LinkOptions {
  readonly clientId: string
  readonly ssl: object | null
  readonly sasl: object | null
  readonly logger: KafkaJsLogger
  readonly clock: Clock
  /** Whom the brokers take the client for, as far as it can know. */
  readonly principal: string
  /** How long an answer may take. */
  readonly requestTimeoutMs: number
}

const connectTimeoutMs = 10_000
const headerBytes = 14
const saslAuthenticateKey = 36
const throttleCheckMs = 10

/** One connection to one broker. The broker answers a connection's requests in order, so whoever waits long has its own. */
export class Link {
  readonly #connection: Connection
  readonly #clientId: Buffer
  readonly #clock: Clock
  readonly #requestTimeoutMs: number
  readonly #security: Pick<LinkOptions, 'ssl' | 'sasl'>
  #versions: ApiVersions = firstVersions
  #broken = false
  #answers = 0

  private constructor(address: Address, options: LinkOptions) {
    this.#clientId = Buffer.from(options.clientId)
    this.#security = options
    this.#clock = options.clock
    this.#requestTimeoutMs = options.requestTimeoutMs
    this.#connection = new Connection({
      ...address,
      clientId: options.clientId,
      ssl: options.ssl,
      sasl: options.sasl,
      logger: options.logger,
      socketFactory: createSocketFactory(),
      connectionTimeout: connectTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      reauthenticationThreshold: 10_000,
      // Answers are timed here: kafkajs would look at every connection ten times a second.
      enforceRequestTimeout: false,
    })
    mendTimers(this.#connection)
  }

  /** @throws LinkError when the broker cannot be reached or does not let us in */
  static async open(address: Address, options: LinkOptions): Promise<Link> {
    const link = new Link(address, options)
    try {
      await link.#within(2 * connectTimeoutMs, link.#connect())
      return link
    } catch (cause) {
      link.close()
      const broker = `${address.host}:${address.port}`
      throw (
        certificateRefused(broker, cause) ??
        loginRefused(broker, options.principal, cause) ??
        new LinkError(`${broker} cannot be reached: ${textOf(cause)}`, cause)
      )
    }
  }

  /** False once it broke, or its login is about to expire: then the next request needs a new connection. */
  get fresh(): boolean {
    return this.#connected && (this.#security.sasl === null || this.#connection.isAuthenticated())
  }

  get #connected(): boolean {
    return !this.#broken && this.#connection.isConnected()
  }

  /** Sends a request that kafkajs encodes. @throws LinkError when no answer comes */
  async request<Name extends ApiName>(
    name: Name,
    request: Apis[Name]['request'],
    timeoutMs?: number,
  ): Promise<Apis[Name]['response']> {
    const call = await this.encode(name, request)
    return this.send(timeoutMs === undefined ? call : { ...call, timeoutMs })
  }

  encode<Name extends ApiName>(name: Name, request: Apis[Name]['request']): Promise<Call<Apis[Name]['response']>> {
    return encodeCall(name, request, this.#versions)
  }

  /**
   * Sends a request; its bytes are with the socket when this returns, unless the broker throttles us.
   * @throws LinkError when no answer comes
   */
  async send<Response>(call: Call<Response>): Promise<Response> {
    const timeoutMs = Math.max(this.#requestTimeoutMs, call.timeoutMs ?? 0)
    const payload = await this.#guard(this.#within(timeoutMs, this.#exchange(call)))
    this.#answers++
    const response = await call.decode(payload)
    this.#connection.requestQueue.maybeThrottle(call.throttleMs(response))
    return response
  }

  /** With a hint where the broker hung up on a client whose security is other than the listener's. */
  #explained(cause: unknown): LinkError {
    const hint = hangUpHint(cause, this.#answers, this.#security)
    return new LinkError(`${textOf(cause)}${hint === undefined ? '' : `; ${hint}`}`, cause)
  }

  /** Breaks the connection off: what is under way rejects. */
  close(error: LinkError = new LinkClosedError('the connection was closed')): void {
    this.#broken = true
    this.#connection.requestQueue.rejectAll(error)
    this.#connection.requestQueue.destroy()
    this.#connection.disconnect().catch(() => undefined)
    this.#connection.socket?.destroy()
  }

  /** Lets what is under way finish, and closes then. */
  retire(): void {
    if (this.#broken) return
    this.#connection.disconnect().catch(() => undefined)
  }

  async #connect(): Promise<void> {
    await this.#connection.connect().catch((cause) => Promise.reject(this.#explained(cause)))
    const { errorCode, apiVersions } = await this.request('ApiVersions', {})
    check(errorCode, clusterResource('Describe', 'API versions'))
    this.#versions = Object.fromEntries(apiVersions.map((api) => [api.apiKey, api]))
    this.#connection.setVersions(this.#versions)
    this.#connection.setSupportAuthenticationProtocol(saslAuthenticateKey in this.#versions)
    await this.#connection.authenticate()
  }

  #exchange<Response>(call: Call<Response>): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const connection = this.#connection
      if (!this.#connected) return reject(new LinkError('not connected'))
      const { apiName, apiKey, apiVersion } = call
      const correlationId = connection.nextCorrelationId()
      connection.requestQueue.push({
        entry: { apiName, apiKey, apiVersion, correlationId, resolve: (answer) => resolve(answer.payload), reject },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => this.#write(call, correlationId),
      })
    })
  }

  #write(call: Call<unknown>, correlationId: number): void {
    let bodyBytes = 0
    for (const piece of call.body) bodyBytes += piece.length
    const header = Buffer.allocUnsafe(headerBytes + this.#clientId.length)
    header.writeInt32BE(header.length - 4 + bodyBytes, 0)
    header.writeInt16BE(call.apiKey, 4)
    header.writeInt16BE(call.apiVersion, 6)
    header.writeInt32BE(correlationId, 8)
    header.writeInt16BE(this.#clientId.length, 12)
    this.#clientId.copy(header, headerBytes)
    const socket = this.#connection.socket!
    socket.cork()
    socket.write(header)
    for (const piece of call.body) socket.write(piece)
    socket.uncork()
  }

  /** @throws LinkError when it takes longer */
  #within<T>(ms: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => reject(new LinkError(`no answer within ${ms} ms`)), ms)
      work.then(resolve, reject).finally(() => timer.cancel())
    })
  }

  /** After a broken or late answer nothing on this connection can be trusted to be in step: it is given up. */
  async #guard<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (cause) {
      const error = cause instanceof LinkError ? cause : this.#explained(cause)
      if (!this.#broken) this.close(error)
      throw error
    }
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * kafkajs sets a timer after every answer, of a negative time when nothing throttles (Node warns of each process's
 * first). Only a request that had to wait needs one.
 */
function mendTimers(connection: Connection): void {
  const queue = connection.requestQueue
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length === 0 || queue.throttleCheckTimeoutId !== null) return
    queue.throttleCheckTimeoutId = setTimeout(() => {
      queue.throttleCheckTimeoutId = null
      queue.checkPendingRequests()
    }, throttleCheckMs)
  }
}
