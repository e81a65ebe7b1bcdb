import { connect, createServer, type Server, type Socket } from 'node:net'

const host = '127.0.0.1'
const endTransactionKey = 26

/** Kafka's number for Heartbeat requests. */
export const heartbeatKey = 12

/** What the proxy does to a connection on which an EndTxn request passes. */
export type AtEndTransaction = 'pass' | 'drop-request' | 'drop-answer'

/** A proxy in front of a broker on loopback that can break connections off. Clients learn its address instead. */
export class TcpProxy {
  atEndTransaction: AtEndTransaction = 'pass'
  /** While false, connections are refused. */
  open = true
  /** How many requests passed, by their API's key. */
  readonly passed = new Map<number, number>()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #brokerPort: number
  #port = 0

  private constructor(brokerPort: number) {
    this.#brokerPort = brokerPort
    this.#server = createServer((client) => this.#serve(client))
  }

  static async start(broker: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(Number(broker.slice(broker.lastIndexOf(':') + 1)))
    await new Promise<void>((resolve) => proxy.#server.listen(0, host, resolve))
    const address = proxy.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    proxy.#port = address.port
    return proxy
  }

  get address(): string {
    return `${host}:${this.#port}`
  }

  /** Breaks every connection off. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(client: Socket): void {
    if (!this.open) return void client.destroy()
    const broker = connect(this.#brokerPort, host)
    let ending: AtEndTransaction = 'pass'
    const close = (): void => {
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('error', close)
      socket.on('close', close)
    }
    client.on('data', (chunk) => {
      const key = apiKeyOf(chunk)
      this.passed.set(key, (this.passed.get(key) ?? 0) + 1)
      if (key === endTransactionKey) ending = this.atEndTransaction
      if (ending === 'drop-request') close()
      else broker.write(chunk)
    })
    broker.on('data', (chunk) => {
      if (ending === 'drop-answer') close()
      else client.write(this.#withOwnPort(chunk))
    })
  }

  /** Brokers name themselves in metadata as a string and a port: the port becomes the proxy's. */
  #withOwnPort(chunk: Buffer): Buffer {
    const [from, to] = [this.#brokerPort, this.#port].map((port) => {
      const address = Buffer.alloc(2 + host.length + 4)
      address.writeInt16BE(host.length, 0)
      address.write(host, 2)
      address.writeInt32BE(port, 2 + host.length)
      return address
    }) as [Buffer, Buffer]
    for (let at = chunk.indexOf(from); at !== -1; at = chunk.indexOf(from, at + 1)) to.copy(chunk, at)
    return chunk
  }
}

/** A client writes a request's header in one piece: its length, then the API's key. */
const apiKeyOf = (chunk: Buffer): number => (chunk.length >= 8 ? chunk.readInt16BE(4) : -1)
