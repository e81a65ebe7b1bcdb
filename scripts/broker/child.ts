import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { answers } from './probe.ts'

const keptOutputChars = 4000

/** A broker's process: started, waited for, and ended with this process at the latest. */
export class BrokerProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #output = ''

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = once(this.#child, 'close').catch(() => undefined)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-keptOutputChars)
      })
    }
    const endWithParent = (): void => void this.#child.kill('SIGKILL')
    process.once('exit', endWithParent)
    void this.#exited.then(() => process.off('exit', endWithParent))
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
