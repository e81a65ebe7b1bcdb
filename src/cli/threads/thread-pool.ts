import { extname } from 'node:path'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Log } from '../../log/log.ts'
import { errorOf } from '../../log/shared/protocol.ts'
import { shareLog } from '../../log/shared/server.ts'
import { stickyAssignor } from '../../runtime/assignor.ts'
import type { AppState, HealthSnapshot } from '../../runtime/health.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { MemberOptions, RunningApp } from '../member.ts'
import { endMessage, type MetricCall, type Report, type ThreadData } from './messages.ts'

export interface ThreadPoolOptions extends Omit<MemberOptions, 'authenticity'> {
  /** Takes the log lines of the threads. Default: standard error. */
  readonly write?: (line: string) => void
}

// The build has the same file in JavaScript.
const threadFile = new URL(`./thread${extname(import.meta.url)}`, import.meta.url)

/** The worst comes first. */
const states: readonly AppState[] = ['ERROR', 'PENDING_SHUTDOWN', 'CREATED', 'REBALANCING', 'RUNNING', 'NOT_RUNNING']

/**
 * Threads that each are a member of the group and share its partitions; their health, metrics and log lines come together
 * here. When one of them fails, or ends without being asked to, all end: a process that runs is whole.
 */
export class ThreadPool implements RunningApp {
  readonly #options: ThreadPoolOptions
  readonly #health: HealthSnapshot[]
  readonly #workers: Worker[] = []
  readonly #exits: Promise<void>[] = []
  readonly #ended = Promise.withResolvers<void>()
  #error: Error | undefined
  #stopping = false

  constructor(options: ThreadPoolOptions) {
    this.#options = options
    this.#health = Array.from({ length: options.config.threads }, () => ({ state: 'CREATED', tasks: [] }))
    // Whoever never asks for the end must not be ended by it.
    this.#ended.promise.catch(() => {})
  }

  /** Rejects with what the first thread that failed could not get over. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Resolves when every thread has joined the group. @throws what the first thread throws that cannot */
  async start(): Promise<void> {
    const joined = this.#health.map((_, n) => this.#startThread(n))
    await Promise.race([Promise.all(joined), this.#ended.promise])
  }

  async stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true
      for (const worker of this.#workers) worker.postMessage(endMessage)
    }
    await Promise.all(this.#exits)
    if (this.#error !== undefined) throw this.#error
    this.#ended.resolve()
  }

  health(): HealthSnapshot {
    const all = this.#health
    const unavailable = all.find(({ logUnavailable }) => logUnavailable !== undefined)?.logUnavailable
    return {
      state: this.#error === undefined ? states.find((state) => all.some((each) => each.state === state))! : 'ERROR',
      tasks: all.flatMap(({ tasks }) => tasks),
      standbys: all.flatMap(({ standbys = [] }) => standbys),
      owners: all.map(({ owners = {} }) => owners).find((owners) => Object.keys(owners).length > 0) ?? {},
      ...(unavailable === undefined ? {} : { logUnavailable: unavailable }),
      ...(this.#error === undefined ? {} : { error: this.#error.message }),
    }
  }

  #startThread(n: number): Promise<void> {
    const { config, ruleSet, log, metrics, write = (line) => void process.stderr.write(line) } = this.#options
    const channel = config.log.kind === 'embedded' ? portTo(log) : undefined
    const pretty = config.logging.pretty ?? process.stderr.isTTY === true
    const data: ThreadData = {
      thread: n + 1,
      config: { ...config, logging: { ...config.logging, pretty } },
      ruleSetHash: ruleSet?.hash,
      log: channel,
    }
    const worker = new Worker(threadFile, {
      workerData: data,
      transferList: channel === undefined ? [] : [channel],
    })
    this.#workers.push(worker)
    const joined = Promise.withResolvers<void>()
    worker.on('message', (report: Report) => {
      if ('line' in report) write(report.line)
      else if ('metrics' in report) for (const call of report.metrics) take(metrics, call)
      else if ('health' in report) this.#health[n] = report.health
      else if ('joined' in report) joined.resolve()
      else this.#fail(errorOf(report.failed))
    })
    worker.on('error', (error) => this.#fail(error as Error))
    const exit = Promise.withResolvers<void>()
    this.#exits.push(exit.promise)
    worker.on('exit', (code) => {
      exit.resolve()
      if (!this.#stopping) this.#fail(new Error(`thread ${n + 1} ended by itself, with code ${code}`))
    })
    return joined.promise
  }

  /** The other threads end as at a stop: they commit what they have in hand. */
  #fail(error: Error): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.#options.logger.error('a thread failed, and so all end', { err: error })
    this.#ended.reject(error)
    this.stop().catch(() => {})
  }
}

function portTo(log: Log) {
  const { port1, port2 } = new MessageChannel()
  shareLog(log, port1, stickyAssignor)
  return port2
}

function take(metrics: Metrics, { method, name, value, labels }: MetricCall): void {
  if (method === 'unset') metrics.unset(name as never, labels)
  else metrics[method](name as never, value, labels)
}
