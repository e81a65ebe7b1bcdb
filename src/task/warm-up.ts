import { setImmediate as turnOfOthers } from 'node:timers/promises'
import { LogError, ProcessingError, StateStoreError } from '../errors.ts'
import type { LogRecord } from '../record/record.ts'
import { Rest } from '../time/rest.ts'
import type { Deployment } from '../topology/deployment.ts'
import type { Committer } from './committer.ts'
import { createChangelogs } from './deployment-changelogs.ts'
import { type WarmUpProgress, warmUpRecord } from './deployment-ledger.ts'
import type { DeployedDefinition } from './deployment-port.ts'
import { Generation, type TaskParts } from './generation.ts'
import { HistoryReader } from './history-reader.ts'
import { withoutOffsets } from './serial-committer.ts'

export interface WarmUpOptions {
  readonly parts: TaskParts
  readonly deployment: Deployment
  readonly defined: DeployedDefinition
  readonly committer: Committer
  /** Records processed and committed together at most. Default 500. */
  readonly sliceRecords?: number
  /** The task's position: the warm-up never reads beyond it. */
  readonly target: number
  readonly onProgress: (progress: WarmUpProgress) => void
}

const defaultSliceRecords = 500
/** Records processed in one go. */
const pieceRecords = 50
/** Offsets that a warm one may be behind the task: what is left to do when it activates. */
const followBehind = 1_000
/** How often at most progress is written down, while there is more to do. */
const tellEveryMs = 1_000

/**
 * Makes the state of a deployed definition before it decides: reads the task's own partition from the first record that the
 * log still has, as if the definition had always been there, and drops what that writes. It works in slices beside the
 * task, each committed with the position it reached; another owner goes on from there. While the task has records to
 * process, it rests after each slice for as long as the slice took. Once it has caught up it follows the task.
 */
export class WarmUp {
  readonly generation: Generation
  readonly #options: WarmUpOptions
  readonly #history: HistoryReader
  readonly #rest: Rest
  #target: number
  #running: Promise<void> = Promise.resolve()
  #wake = Promise.withResolvers<void>()
  #stopped = true
  /** Nothing else is to be done meanwhile. */
  #hurries = false
  #followed = false
  #isWarm = false
  #toldMs = Number.NEGATIVE_INFINITY
  /** The definition cannot process what the log holds. */
  #failure: ProcessingError | undefined
  /** The log or the state failed, and with them the task. */
  #error: unknown

  private constructor(options: WarmUpOptions, generation: Generation, history: HistoryReader) {
    this.#options = options
    this.#history = history
    this.#rest = new Rest(options.parts.clock)
    this.#target = options.target
    this.generation = generation
  }

  /** Makes the changelogs, opens the state as far as it has been made, and reads on from there once it is started. */
  static async open(options: WarmUpOptions): Promise<WarmUp> {
    const { parts, deployment, defined, committer } = options
    await createChangelogs(deployment, defined.topology.stores, parts)
    const generation = await Generation.open({
      ...parts,
      deployment,
      defined,
      isWarmingUp: true,
      committer: withoutOffsets(committer),
    })
    try {
      const history = await HistoryReader.open(parts, generation.position)
      generation.position = history.position
      return new WarmUp(options, generation, history)
    } catch (error) {
      await generation.close()
      throw error
    }
  }

  get deployment(): Deployment {
    return this.#options.deployment
  }

  /** Works until `stop`; a stopped one can be started again. */
  start(): void {
    if (!this.#stopped) return
    this.#stopped = false
    this.#running = this.#run()
    this.#running.catch(() => {})
  }

  /** The task has come to this position. @throws what ended the warm-up, if the task cannot go on without it */
  follow(target: number): void {
    if (this.#error !== undefined) throw this.#error
    this.#followed ||= target !== this.#target
    this.#target = target
    this.#wake.resolve()
  }

  /**
   * Catches up with the task, which waits at `target`: true when the state is as the definition would have it there, false
   * when `stop` came first.
   * @throws ProcessingError when the definition cannot process what the log holds
   */
  async finish(target: number): Promise<boolean> {
    this.follow(target)
    this.#hurries = true
    this.#rest.end()
    this.start()
    await this.#running
    this.#hurries = false
    if (this.#failure !== undefined) throw this.#failure
    if (this.generation.position < target) return false
    this.generation.position = target
    return true
  }

  /** Ends after the slice in hand, committed. */
  async stop(): Promise<void> {
    this.#halt()
    await this.#running.catch(() => {})
    await this.generation.commits.settle().catch(() => {})
  }

  async close(): Promise<void> {
    this.#halt()
    await this.#history.close()
    await this.#running.catch(() => {})
    await this.generation.close()
  }

  #halt(): void {
    this.#stopped = true
    this.#wake.resolve()
    this.#rest.end()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped && this.#failure === undefined) {
        if (this.#isBehind) await this.#slice()
        else if (!(await this.#caughtUp())) break
      }
      await this.generation.commits.settle()
    } catch (error) {
      // The log closes its readers when the task ends.
      if (this.#stopped && error instanceof LogError && error.code === 'log-closed') return
      this.#error = error
      throw error
    } finally {
      this.#stopped = true
    }
  }

  async #slice(): Promise<void> {
    const { parts, sliceRecords = defaultSliceRecords } = this.#options
    const { clock } = parts
    const startedMs = clock.nowMs()
    this.#followed = false
    const records = await this.#history.next(this.#target, sliceRecords)
    try {
      await this.#process(records)
    } catch (error) {
      // Damaged state is the task's to rebuild, not the definition's fault.
      if (!(error instanceof ProcessingError) || error.cause instanceof StateStoreError) throw error
      return this.#fail(error)
    }
    this.generation.position = this.#history.position
    await this.#commit()
    const tookMs = clock.nowMs() - startedMs
    if (!this.#hurries && this.#followed && tookMs > 0) await this.#rest.take(tookMs)
  }

  /** Between small pieces the task has its turn: an event waits for one of them at most. */
  async #process(records: readonly LogRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += pieceRecords) {
      await this.generation.process(records.slice(start, start + pieceRecords))
      if (!this.#hurries) await turnOfOthers()
    }
  }

  async #commit(): Promise<void> {
    const { clock, applicationId, source } = this.#options.parts
    const nowMs = clock.nowMs()
    const tells = nowMs - this.#toldMs >= tellEveryMs
    const progress = this.#progress()
    const outgoing = tells ? [warmUpRecord(applicationId, source.partition, progress)] : []
    await this.generation.commits.submit({ outgoing, position: this.generation.reached(), oldestEventMs: nowMs })
    if (!tells) return
    this.#toldMs = nowMs
    this.#options.onProgress(progress)
  }

  #progress(): WarmUpProgress {
    const { id, hash } = this.deployment
    const reached = this.generation.position
    return { id, hash, from: this.#history.from, reached, to: this.#target, isWarm: this.#isWarm }
  }

  /** Waits until the task has gone on; false when there is nothing more to do. */
  async #caughtUp(): Promise<boolean> {
    if (!this.#isWarm || this.#hurries) {
      this.#isWarm = true
      // Told at once; and what is told carries the position, also where the last records changed nothing.
      this.#toldMs = Number.NEGATIVE_INFINITY
      await this.#commit()
    }
    // The task may have gone on while that was committed.
    if (this.#hurries) return this.#isBehind
    this.#wake = Promise.withResolvers<void>()
    if (!this.#isBehind && !this.#stopped) await this.#wake.promise
    return true
  }

  /** Once warm it follows in larger steps: each is a transaction. */
  get #isBehind(): boolean {
    const behind = this.#target - this.generation.position
    return behind > (this.#isWarm && !this.#hurries ? followBehind : 0)
  }

  /** The task goes on without it, and whoever deploys hears why. */
  async #fail(error: ProcessingError): Promise<void> {
    this.#failure = error
    const { parts, committer } = this.#options
    const { applicationId, source } = parts
    const progress = { ...this.#progress(), failure: error.message }
    await committer.commit([warmUpRecord(applicationId, source.partition, progress)], [])
    this.#options.onProgress(progress)
  }
}
