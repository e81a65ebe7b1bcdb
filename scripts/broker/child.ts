import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { answers } from './probe.ts'
import { Watchdog } from './watchdog.ts'

const keptOutputChars = 4000

/** What a shell does about a broker whose parent is gone: `$1` is the broker's process, the others are `args`. */
export interface Orphaned {
  readonly line: string
  readonly args: readonly string[]
}

/** A broker's process: started, waited for, and ended with this process at the latest. */
export class BrokerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #output = ''

  constructor(command: string, args: readonly string[], orphaned: Orphaned) {
    this.#child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = once(this.#child, 'close').catch(() => undefined)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-keptOutputChars)
      })
    }
    const watchdog = new Watchdog(orphaned.line, [String(this.pid), ...orphaned.args])
    void this.#exited.then(() => watchdog.dismiss())
  }

  /** Resolves when it ended, however that came. */
  get ended(): Promise<unknown> {
    return this.#exited
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** @throws Error when the broker ends or does not answer within `timeoutMs` */
  async ready(port: number, timeoutMs: number): Promise<void> {
    let ended = false
    void this.#exited.then(() => {
      ended = true
    })
    const pauseMs = 100
    for (let leftMs = timeoutMs; leftMs > 0 && !ended; leftMs -= pauseMs) {
      if (await answers('127.0.0.1', port, 1000)) return
      await delay(pauseMs)
    }
    await this.end('SIGKILL')
    throw new Error(`the Kafka broker did not start: ${this.#output.trim() || 'it said nothing'}`)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    await this.#exited
  }
}
