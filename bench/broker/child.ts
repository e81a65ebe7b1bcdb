import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { systemClock } from '../../src/time/clock.ts'
import type { RivalCommand } from './rival.ts'

const forcedAfterMs = 20_000
const keptErrorChars = 4_000

/** A rival's process. It prints FIRST when it has its first record; how it ends is known and its errors are kept. */
export class RivalProcess {
  readonly #child: ChildProcess
  readonly #first = Promise.withResolvers<void>()
  readonly #ended: Promise<unknown>
  #errors = ''
  #stopping = false

  constructor({ command, args, env }: RivalCommand) {
    this.#child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('FIRST')) this.#first.resolve()
    })
    this.#child.stderr!.on('data', (chunk) => {
      this.#errors = (this.#errors + String(chunk)).slice(-keptErrorChars)
    })
    this.#first.promise.catch(() => {})
    this.#ended = once(this.#child, 'close').then(() => {
      if (!this.#stopping) this.#first.reject(this.#failure())
    })
    const killed = (): void => void this.#child.kill('SIGKILL')
    process.once('exit', killed)
    void this.#ended.then(() => process.off('exit', killed))
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Resolves when the process has read its first record. @throws Error when it ends before */
  firstRecord(): Promise<void> {
    return this.#first.promise
  }

  /** @throws Error when the process has ended by itself */
  check(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw this.#failure()
  }

  /** Asks it to end, and ends it when that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#child.kill('SIGTERM')
    const timer = systemClock.setTimeout(() => this.#child.kill('SIGKILL'), forcedAfterMs)
    await this.#ended
    timer.cancel()
  }

  #failure(): Error {
    return new Error(`the rival ended by itself: ${this.#errors.trim() || 'it said nothing'}`)
  }
}
