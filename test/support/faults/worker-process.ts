import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FailPoint } from '../../../src/fail-points.ts'
import type { WorkerSettings } from './settings.ts'

const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('./worker.ts', import.meta.url))

export interface Death {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard error. */
  readonly err: string
}

/** A worker, running, stalled or dead. */
export class WorkerProcess {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<Death>
  #out = ''
  #err = ''
  #isOver = false

  /** @param failAt the fail point at which the process kills itself, and at which passing of it */
  constructor(settings: WorkerSettings, failAt?: { readonly point: FailPoint; readonly pass: number }) {
    const armed = failAt === undefined ? {} : { WEIR_FAIL_POINT: `${failAt.point}:${failAt.pass}` }
    this.#child = spawn(node, [script, JSON.stringify(settings)], {
      env: { ...process.env, ...armed },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#out += text
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#err += text
    })
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (code, signal) => {
        this.#isOver = true
        resolve({ code, signal, err: this.#err })
      })
    })
  }

  /** Standard output so far. */
  get out(): string {
    return this.#out
  }

  /** How many commits it has told of. */
  get commits(): number {
    return this.#out.split('\n').filter((line) => line.startsWith('commits ')).length
  }

  /** How many of its tasks run, by its last word. */
  get runs(): number {
    return Number(
      this.#out
        .match(/^runs (\d+)$/gm)
        ?.at(-1)
        ?.slice(5) ?? 0,
    )
  }

  /** Waits until what the process has written passes the check. @throws Error when it ends before */
  async until(check: (worker: this) => boolean): Promise<void> {
    while (!check(this)) {
      if (this.#isOver) throw new Error(`the worker ended too early: ${this.#out.slice(-200)}${this.#err}`)
      await Promise.race([this.ended, new Promise((resolve) => this.#child.stdout.once('data', resolve))])
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#isOver) this.#child.kill(signal)
  }

  kill(): Promise<Death> {
    this.signal('SIGKILL')
    return this.ended
  }

  /** Ends it as an operator does. */
  stop(): Promise<Death> {
    this.signal('SIGTERM')
    return this.ended
  }
}
