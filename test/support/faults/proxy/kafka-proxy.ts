import { createServer, type Server, type Socket } from 'node:net'
import { FaultPlan } from './fault-plan.ts'
import { ProxiedConnection } from './proxied-connection.ts'

const host = '127.0.0.1'

/**
 * A proxy in front of a broker on loopback that does to requests what its plan says. Clients learn its address in place
 * of the broker's, so they reach leaders and coordinators through it as well.
 */
export class KafkaProxy {
  readonly faults: FaultPlan = new FaultPlan()
  /** How many requests came, by their API's number. */
  readonly passed = new Map<number, number>()
  /** What the proxy did not understand; a test that used it expects none. */
  readonly problems: string[] = []
  /** While false, connections are refused. */
  open = true
  readonly #server: Server
  readonly #connections = new Set<ProxiedConnection>()
  readonly #brokerPort: number
  #port = 0

  private constructor(brokerPort: number) {
    this.#brokerPort = brokerPort
    this.#server = createServer((client) => this.#serve(client))
  }

  /** @param broker `127.0.0.1:<port>` */
  static async start(broker: string): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(Number(broker.slice(broker.lastIndexOf(':') + 1)))
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
    for (const connection of this.#connections) connection.close()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(client: Socket): void {
    if (!this.open) return void client.destroy()
    const connection: ProxiedConnection = new ProxiedConnection({
      client,
      host,
      brokerPort: this.#brokerPort,
      proxyPort: this.#port,
      faults: this.faults,
      onRequest: (key) => this.passed.set(key, (this.passed.get(key) ?? 0) + 1),
      onProblem: (problem) => this.problems.push(problem),
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
  }
}
