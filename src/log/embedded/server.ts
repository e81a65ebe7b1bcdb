import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { LogClient } from '../log.ts'
import { Connection } from './connection.ts'

/** Lets other processes use a log through a Unix socket while this one owns it. */
export class LogServer {
  readonly #server: Server
  readonly #connections = new Set<Connection>()

  private constructor(log: LogClient) {
    this.#server = createServer((socket) => {
      const connection = new Connection(log, socket, () => this.#connections.delete(connection))
      this.#connections.add(connection)
    })
  }

  /** Listens at the path, where no socket may be. @throws what `net` says */
  static async listen(log: LogClient, path: string): Promise<LogServer> {
    const server = new LogServer(log)
    server.#server.listen(path)
    await once(server.#server, 'listening')
    return server
  }

  /** Ends the connections and removes the socket. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const connection of this.#connections) connection.close()
    await closed
  }
}
