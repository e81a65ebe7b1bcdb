import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FailPoint } from '../../../src/fail-points.ts'
import type { WorkerSettings, WorkerStatus, WorkerUsage } from './settings.ts'

const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('./worker.ts', import.meta.url))
const keptChars = 4_000

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
  readonly usages: WorkerUsage[] = []
  #out = ''
  #line = ''
  #err = ''
  #commits = 0
  #runs = 0
  #rounds = 0
  #status: WorkerStatus | undefined
  #isOver = false

  /** @param failAt the fail point at which the process kills itself, and at which passing of it */
  constructor(settings: WorkerSettings, failAt?: { readonly point: FailPoint; readonly pass: number }) {
    const armed = failAt === undefined ? {} : { WEIR_FAIL_POINT: `${failAt.point}:${failAt.pass}` }
    this.#child = spawn(node, [script, JSON.stringify(settings)], {
      env: { ...process.env, ...armed },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out = (this.#out + text).slice(-keptChars)
      const lines = (this.#line + text).split('\n')
      this.#line = lines.pop()!
      for (const line of lines) this.#hear(line)
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

  /** The end of its standard output so far. */
  get out(): string {
    return this.#out
  }

  /** Standard error so far. */
  get err(): string {
    return this.#err
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** How many commits it has told of. */
  get commits(): number {
    return this.#commits
  }

  /** How many of its tasks run, by its last word. */
  get runs(): number {
    return this.#runs
  }

  /** How many rounds of its group it has told of. */
  get rounds(): number {
    return this.#rounds
  }

  /** What it does, by its last word. */
  get status(): WorkerStatus | undefined {
    return this.#status
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

  #hear(line: string): void {
    const space = line.indexOf(' ')
    const details = line.slice(space + 1)
    switch (line.slice(0, space)) {
      case 'commits':
        this.#commits++
        break
      case 'runs':
        this.#runs = Number(details)
        break
      case 'status': {
        const status: WorkerStatus = JSON.parse(details)
        if (status.app === 'REBALANCING' && this.#status?.app !== 'REBALANCING') this.#rounds++
        this.#status = status
        break
      }
      case 'usage':
        this.usages.push(JSON.parse(details))
        break
    }
  }
}
