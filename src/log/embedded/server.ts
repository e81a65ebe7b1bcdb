import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Clock } from '../../time/clock.ts'
import type { LogClient } from '../log.ts'
import { Connection } from './connection.ts'
import type { Leaving } from './protocol.ts'

export interface ServerOptions {
  readonly log: LogClient
  /** Where no socket may be. */
  readonly path: string
  readonly clock: Clock
  /** Begins to leave because somebody asked for the log. Without it the log is not given away. */
  readonly giveUp: (() => void) | undefined
}

/** How long clients may take to hang up after their last answer. */
const farewellMs = 1_000

/** Lets other processes use a log through a Unix socket while this one owns it. */
export class LogServer {
  readonly #server: Server
  readonly #clock: Clock
  readonly #giveUp: (() => void) | undefined
  readonly #connections = new Set<Connection>()
  #leaving: Leaving = 'closing'

  private constructor({ log, clock, giveUp }: ServerOptions) {
    this.#clock = clock
    this.#giveUp = giveUp
    this.#server = createServer((socket) => {
      const onClose = () => this.#connections.delete(connection)
      const connection = new Connection({ log, socket, onHandOver: () => this.#handOver(), onClose })
      this.#connections.add(connection)
    })
  }

  /** @throws what `net` says */
  static async listen(options: ServerOptions): Promise<LogServer> {
    const server = new LogServer(options)
    server.#server.listen(options.path)
    await once(server.#server, 'listening')
    return server
  }

  /** Answers what clients have asked so far, sends them elsewhere, and removes the socket. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    const connections = [...this.#connections]
    await Promise.all(connections.map((connection) => connection.leave(this.#leaving)))
    const timer = this.#clock.setTimeout(() => {
      for (const connection of this.#connections) connection.close()
    }, farewellMs)
    await Promise.all(connections.map((connection) => connection.closed))
    timer.cancel()
    for (const connection of this.#connections) connection.close()
    await closed
  }

  #handOver(): boolean {
    if (this.#giveUp === undefined) return false
    this.#leaving = 'to-heir'
    this.#giveUp()
    return true
  }
}
