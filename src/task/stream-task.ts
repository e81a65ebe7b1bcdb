import { join } from 'node:path'
import { TaskCorruptedError, TopologyError } from '../errors.ts'
import type { CommittedOffset, FetchedBatch, Log, PartitionReader } from '../log/log.ts'
import type { LogRecord, TopicPartition } from '../record/record.ts'
import type { StateEngine } from '../state/engine.ts'
import type { Clock } from '../time/clock.ts'
import { type Deployment, deploymentStore } from '../topology/deployment.ts'
import type { CommitFacts } from './commit-pipeline.ts'
import { openCommitter, type ProcessingGuarantee } from './committer.ts'
import { deploymentOf, type InForce, inForceRecord, readLedger, type WarmUpProgress } from './deployment-ledger.ts'
import { applicationIdOf, type DeploymentPort, type TaskDefinition } from './deployment-port.ts'
import { dropState } from './drop-state.ts'
import { Generation, type TaskParts } from './generation.ts'
import { HeldDecisions } from './held-decisions.ts'
import { taskFolder } from './open-database.ts'
import type { RestoreProgress } from './open-state.ts'
import { positionMetadata, type ResetMarks, resetMarksAt } from './position.ts'
import { Recheck } from './recheck.ts'
import { SerialCommitter } from './serial-committer.ts'
import { TaskLifecycle, type TaskStatus } from './task-lifecycle.ts'
import { Ticker } from './ticker.ts'
import { WarmUp } from './warm-up.ts'

export interface BatchLimits {
  /** Records processed and committed together at most, those not counted that the source drops unread. */
  readonly maxRecords: number
  /** Bytes fetched at a time. */
  readonly maxBytes: number
  /** How long an idle poll waits. */
  readonly maxWaitMs: number
}

/** What a task tells while it runs; for logs, metrics and health, never for results. */
export interface TaskObserver {
  count(name: string, by?: number): void
  polled(batch: FetchedBatch): void
  committed(commit: CommitFacts): void
  restoring(progress: RestoreProgress): void
  /** The state of a deployment is being made. */
  warmingUp?(progress: WarmUpProgress): void
  /** Another definition decides from here on. */
  activated?(inForce: Pick<InForce, 'hash' | 'offset'>): void
}

export interface StreamTaskOptions extends TaskDefinition {
  readonly applicationId: string
  readonly partition: number
  readonly log: Log
  readonly engine: StateEngine
  /** The folder of all tasks; this one uses `<stateDir>/<applicationId>/<taskId>`, and others for what is deployed. */
  readonly stateDir: string
  readonly guarantee: ProcessingGuarantee
  readonly limits: BatchLimits
  /**
   * Changelog entries that a restore applies together with the position they reach, at least: what a crash in a restore
   * repeats. Default 2,000.
   */
  readonly restoreBatchEntries?: number
  /** What the task may keep of its state in memory, for all stores together. Default 32 MiB. */
  readonly cacheBytes?: number
  /** See `WriteBehindOptions.limitBytes`. */
  readonly writeBehindBytes?: number
  /** The log ends a transaction that stays open longer. */
  readonly transactionTimeoutMs: number
  readonly clock: Clock
  readonly observer: TaskObserver
  /** Makes what the log deploys into definitions to run. Default: the task stays with the one it has. */
  readonly deployments?: DeploymentPort
  /** Records of a deployment's warm-up processed and committed together at most. Default 500. */
  readonly warmUpRecords?: number
}

/** A task that stood still longer than this writes the position of records that brought nothing, so that lag shows 0. */
const idlePositionMs = 1_000

/**
 * One partition of a sub-topology: one order, one owner, one transaction at a time. `open`, then `run` until `suspend`;
 * a suspended task can `run` again. After any throw the only moves left are `close` and a new task.
 *
 * It changes to another definition exactly behind the record that activates it, with the state that this one would have
 * if it had always been there (`WarmUp`).
 */
export class StreamTask {
  readonly taskId: string
  readonly #options: StreamTaskOptions
  readonly #deployments: DeploymentPort | undefined
  readonly #lifecycle: TaskLifecycle
  /** Application ids under which this task has had state. */
  readonly #applicationIds = new Set<string>()
  #committer: SerialCommitter | undefined
  /** What decides. */
  #live: Generation | undefined
  /** What is to decide next. */
  #warmUp: WarmUp | undefined
  #ticker: Ticker | undefined
  #reader: PartitionReader | undefined
  #idleSinceMs = 0
  #recheck: Recheck | undefined
  #stopping = false
  #opening: Promise<void> = Promise.resolve()
  #running: Promise<void> = Promise.resolve()

  constructor(options: StreamTaskOptions) {
    const { topology, partition, deployments } = options
    if (topology.sources.length !== 1) {
      throw new TopologyError(
        'topology-invalid',
        `sub-topology ${topology.id} reads ${topology.sources.length} topics; one order needs exactly one`,
      )
    }
    this.taskId = `${topology.id}_${partition}`
    this.#options = options
    this.#deployments = topology.stores.includes(deploymentStore) ? deployments : undefined
    this.#lifecycle = new TaskLifecycle(this.taskId)
  }

  get status(): TaskStatus {
    return this.#lifecycle.status
  }

  /** The next input offset to process. */
  get position(): number {
    return this.#live?.position ?? 0
  }

  get streamTimeMs(): number {
    return this.#live?.streamTimeMs ?? -1
  }

  /** What the local state takes, approximately; `undefined` while it is not open. */
  async stateBytes(): Promise<number | undefined> {
    return this.status === 'RUNNING' ? this.#live?.stateBytes() : undefined
  }

  /**
   * Makes the task ready in the order that exactly-once needs: fence the predecessor, then ask for the position, then
   * restore the state to it.
   * @throws TaskMigratedError, TaskCorruptedError, StateStoreError, LogError
   */
  async open(): Promise<void> {
    this.#lifecycle.moveTo('RESTORING')
    this.#opening = this.#open()
    await this.#opening
  }

  /** Processes until `suspend` is called; resolves then. Rejects when the task cannot go on. */
  run(): Promise<void> {
    this.#lifecycle.moveTo('RUNNING')
    this.#stopping = false
    this.#running = this.#loop()
    return this.#running
  }

  /**
   * Ends `run` after the batch in hand and commits a position that nothing has carried yet: another owner may come now.
   * @throws what a commit throws; then only `close` is left
   */
  async suspend(): Promise<void> {
    this.#stopping = true
    await this.#warmUp?.stop()
    await this.#running.catch(() => {})
    if (this.status !== 'RUNNING') return
    this.#lifecycle.moveTo('SUSPENDED')
    await this.#live!.commits.submitPosition(this.#live!.reached())
  }

  /** Gives everything back without committing: what was not committed is processed again by the next owner. */
  async close(): Promise<void> {
    if (this.status === 'CLOSED') return
    this.#stopping = true
    this.#lifecycle.moveTo('CLOSED')
    await this.#opening.catch(() => {})
    await Promise.allSettled([
      this.#reader?.close(),
      this.#recheck?.close(),
      this.#committer?.close(),
      this.#warmUp?.close(),
    ])
    await this.#running.catch(() => {})
    // Opened while the first was being closed.
    await this.#warmUp?.close()
    await this.#live?.close()
  }

  /** Deletes the local state of a closed task, so that the next one restores it from the changelogs. */
  async destroyState(): Promise<void> {
    const { engine, stateDir } = this.#options
    for (const id of this.#applicationIds) await engine.destroy(taskFolder(join(stateDir, id), this.taskId))
  }

  get #source(): TopicPartition {
    return { topic: this.#options.topology.sources[0]!.topic, partition: this.#options.partition }
  }

  get #parts(): TaskParts {
    const { observer } = this.#options
    return {
      ...this.#options,
      taskId: this.taskId,
      subTopology: this.#options.topology.id,
      source: this.#source,
      stopped: () => this.#stopping,
      onProgress: (progress) => observer.restoring(progress),
      count: (name, by) => observer.count(name, by),
      onCommitted: (commit) => observer.committed(commit),
    }
  }

  async #open(): Promise<void> {
    const { applicationId, log, guarantee, transactionTimeoutMs, limits, clock } = this.#options
    const { taskId } = this
    this.#committer = new SerialCommitter(
      await openCommitter({ log, groupId: applicationId, taskId, guarantee, transactionTimeoutMs }),
    )
    await this.#openInForce()
    this.#reader = await log.openReader({
      ...this.#source,
      offset: this.position,
      isolation: 'read-committed',
      maxBytes: limits.maxBytes,
    })
    this.#idleSinceMs = clock.nowMs()
  }

  /** Opens what decides at the task's position, as the ledger says, which changes only together with the position. */
  async #openInForce(): Promise<void> {
    const { log, applicationId, partition, definition: hash } = this.#options
    if (this.#deployments === undefined) return this.#openLive(undefined)
    const { inForce } = await readLedger(log, applicationId, partition)
    await this.#openLive(deploymentOf(inForce))
    if (inForce?.replaced !== undefined) return this.#drop(inForce)
    if (inForce === undefined || (inForce.id === null && inForce.hash !== hash)) {
      await this.#writeInForce({ id: null, hash, content: this.#deployments.baseContent, offset: -1 })
    }
  }

  async #openLive(deployment: Deployment | undefined): Promise<void> {
    const { applicationId, partition, clock } = this.#options
    const defined = deployment === undefined ? undefined : this.#deployments!.define(deployment)
    if (deployment !== undefined) defined?.activated(deployment.offset)
    this.#applicationIds.add(applicationIdOf(applicationId, deployment))
    this.#live = await Generation.open({
      ...this.#parts,
      deployment,
      defined: defined ?? this.#options,
      isWarmingUp: false,
      committer: this.#committer!,
    })
    const { lastTimed: last, defined: running, resetMarks } = this.#live
    // It reads on behind a change of definition, too.
    if (resetMarks.decidedTo !== undefined) this.#recheck ??= this.#recheckOf(resetMarks, running)
    this.#ticker = running.tick === undefined ? undefined : new Ticker({ ...running.tick, partition, clock, last })
  }

  #recheckOf(marks: ResetMarks, { revise }: TaskDefinition): Recheck {
    const { applicationId, log, observer, limits } = this.#options
    const held = new HeldDecisions({
      log,
      source: this.#source,
      applicationId,
      revisedFrom: marks.revisedFrom,
      maxBytes: limits.maxBytes,
      stopped: () => this.#stopping,
    })
    return new Recheck({ marks, held, revise, count: (name, by) => observer.count(name, by) })
  }

  async #loop(): Promise<void> {
    const { limits, observer } = this.#options
    await this.#heedDeployments()
    while (!this.#stopping) {
      const batch = await this.#live!.commits.beside(this.#reader!.poll(limits.maxWaitMs))
      const { records } = batch
      observer.polled(batch)
      // What a suspended task leaves of its batch is read again.
      for (let start = 0; start < records.length && !this.#stopping; ) {
        start += await this.#step(records.slice(start, this.#batchEnd(records, start)), (count) => {
          return records[start + count]?.offset ?? batch.nextOffset
        })
      }
      if (records.length === 0) await this.#idle(batch)
      this.#warmUp?.follow(this.position)
    }
    await this.#live!.commits.settle()
    this.#reader!.seek(this.position)
  }

  #batchEnd(records: readonly LogRecord[], start: number): number {
    const atMost = Math.min(start + this.#options.limits.maxRecords, records.length)
    // What is compared with the log is known by the batch before it is processed.
    const most = this.#recheck?.batchEnd(records, start, atMost) ?? records.length
    const { endsBatch } = this.#live!.defined.topology.sources[0]!
    if (endsBatch === undefined) return most
    for (let index = start; index < most; index++) if (endsBatch(records[index]!)) return index + 1
    return most
  }

  /** Processes a batch, perhaps not all of these; resolves with how many it was. */
  async #step(polled: readonly LogRecord[], offsetBehind: (count: number) => number): Promise<number> {
    const live = this.#live!
    // Before anything has changed: a task that stops here has not begun with these records.
    if ((await this.#recheck?.lookAhead(polled)) === false) return 0
    const { maxRecords } = this.#options.limits
    const processed = await live.process(polled, maxRecords - live.commits.waiting)
    const records = polled.slice(0, live.passed)
    const nextOffset = offsetBehind(records.length)
    const outgoing = this.#recheck?.take(records, processed) ?? processed
    const { observer, clock } = this.#options
    live.position = nextOffset
    this.#ticker?.passed(live.lastTimed)
    this.#idleSinceMs = clock.nowMs()
    observer.count('records', records.length)
    const { taken } = live
    await live.commits.add({ outgoing, position: live.reached(), oldestEventMs: records[0]!.timestampMs, taken })
    if (live.commits.waiting >= maxRecords) await live.commits.begin()
    if (this.#recheck?.isOver(nextOffset)) {
      await this.#recheck.close()
      this.#recheck = undefined
    }
    if (live.defined.topology.sources[0]!.endsBatch?.(records.at(-1)!) === true) await this.#heedDeployments()
    return records.length
  }

  async #idle(batch: FetchedBatch): Promise<void> {
    const live = this.#live!
    live.position = batch.nextOffset
    const { waitsUntilMs, streamTimeMs } = live
    const tick = this.#ticker?.due({ batch, streamTimeMs, waitsUntilMs })
    const { clock } = this.#options
    if (tick !== undefined)
      return live.commits.add({ outgoing: [tick], position: live.reached(), oldestEventMs: clock.nowMs() })
    if (clock.nowMs() - this.#idleSinceMs >= idlePositionMs) await live.commits.rest(live.reached())
  }

  /** Does what the log has deployed up to the position: changes to what is active, makes ready what is prepared. */
  async #heedDeployments(): Promise<void> {
    if (this.#deployments === undefined) return
    const { active } = this.#live!.deployments
    const since = this.#live!.deployment?.offset ?? -1
    if (active !== undefined && active.offset > since && !(await this.#changeTo(active))) return
    const { prepared } = this.#live!.deployments
    await this.#warmUpFor(prepared)
    if (!this.#stopping) this.#warmUp?.start()
  }

  /** False when the task was stopped before the new state was ready: then nothing has changed. */
  async #changeTo(active: Deployment): Promise<boolean> {
    await this.#warmUpFor(active)
    const old = this.#live!
    const warmUp = this.#warmUp!
    await old.commits.settle()
    if (this.#stopping || !(await warmUp.finish(old.position))) return false
    const { offset, ...times } = warmUp.generation.reached()
    const metadata = positionMetadata({ ...times, ...resetMarksAt(offset, old.resetMarks) })
    await warmUp.close()
    this.#warmUp = undefined
    const stores = old.defined.topology.stores.map(({ name }) => name)
    const inForce = { ...active, replaced: { id: old.deployment?.id ?? null, stores } }
    await this.#writeInForce(inForce, [{ ...this.#source, offset, metadata }])
    await old.close()
    await this.#openLive(active)
    this.#options.observer.activated?.(active)
    await this.#drop(inForce)
    return true
  }

  /** Lets the warm-up be that of this deployment, or none. */
  async #warmUpFor(deployment: Deployment | undefined): Promise<void> {
    const { warmUpRecords: sliceRecords, applicationId, engine, stateDir, observer } = this.#options
    const abandoned = this.#warmUp
    if (abandoned?.deployment.id === deployment?.id) return
    if (abandoned !== undefined) {
      await abandoned.close()
      this.#warmUp = undefined
      const { id } = abandoned.deployment
      const stores = abandoned.generation.defined.topology.stores.map(({ name }) => name)
      await dropState({ id, stores }, { ...this.#options, taskId: this.taskId })
    }
    if (deployment === undefined) return
    const generationId = applicationIdOf(applicationId, deployment)
    this.#applicationIds.add(generationId)
    const open = () =>
      WarmUp.open({
        parts: { ...this.#parts, count: () => {}, onCommitted: () => {} },
        deployment,
        defined: this.#deployments!.define(deployment),
        committer: this.#committer!,
        target: this.position,
        onProgress: (progress) => observer.warmingUp?.(progress),
        ...(sliceRecords === undefined ? {} : { sliceRecords }),
      })
    this.#warmUp = await open().catch(async (error: unknown) => {
      if (!(error instanceof TaskCorruptedError)) throw error
      // What a folder has from before a reset, say. It is only this deployment's: the state that decides is sound.
      await engine.destroy(taskFolder(join(stateDir, generationId), this.taskId))
      return open()
    })
  }

  async #drop(inForce: InForce): Promise<void> {
    const { replaced, ...rest } = inForce
    if (replaced !== undefined) await dropState(replaced, { ...this.#options, taskId: this.taskId })
    await this.#writeInForce(rest)
  }

  async #writeInForce(inForce: InForce, offsets: readonly CommittedOffset[] = []): Promise<void> {
    const { applicationId, partition } = this.#options
    await this.#committer!.commit([inForceRecord(applicationId, partition, inForce)], offsets)
  }
}
