import { TopologyError } from '../errors.ts'
import type { TopicPartition } from '../record/record.ts'
import { deploymentStore } from '../topology/deployment.ts'
import { openCommitter } from './committer.ts'
import type { TaskParts } from './generation.ts'
import { Generations } from './generations.ts'
import { InputLoop } from './input-loop.ts'
import { SerialCommitter } from './serial-committer.ts'
import { TaskLifecycle, type TaskStatus } from './task-lifecycle.ts'
import type { StreamTaskOptions } from './task-options.ts'

/**
 * One partition of a sub-topology: one order, one owner, one transaction at a time. `open`, then `run` until `suspend`;
 * a suspended task can `run` again. After any throw the only moves left are `close` and a new task.
 */
export class StreamTask {
  readonly taskId: string
  readonly #options: StreamTaskOptions
  readonly #lifecycle: TaskLifecycle
  readonly #generations: Generations
  #committer: SerialCommitter | undefined
  #input: InputLoop | undefined

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
    this.#lifecycle = new TaskLifecycle(this.taskId)
    this.#generations = new Generations({
      parts: this.#parts,
      base: options,
      deployments: topology.stores.includes(deploymentStore) ? deployments : undefined,
      warmUpRecords: options.warmUpRecords,
      observer: options.observer,
    })
  }

  get status(): TaskStatus {
    return this.#lifecycle.status
  }

  /** The next input offset to process. */
  get position(): number {
    return this.#generations.live?.position ?? 0
  }

  get streamTimeMs(): number {
    return this.#generations.live?.streamTimeMs ?? -1
  }

  /** What the local state takes, approximately; `undefined` while it is not open. */
  async stateBytes(): Promise<number | undefined> {
    return this.status === 'RUNNING' ? this.#generations.live?.stateBytes() : undefined
  }

  /**
   * Makes the task ready in the order that exactly-once needs: fence the predecessor, then ask for the position, then
   * restore the state to it.
   * @throws TaskMigratedError, TaskCorruptedError, StateStoreError, LogError
   */
  async open(): Promise<void> {
    await this.#lifecycle.open(() => this.#open())
  }

  /** Processes until `suspend` is called; resolves then. Rejects when the task cannot go on. */
  run(): Promise<void> {
    return this.#lifecycle.run(() => this.#input!.run())
  }

  /**
   * Ends `run` after the batch in hand and commits a position that nothing has carried yet: another owner may come now.
   * @throws what a commit throws; then only `close` is left
   */
  async suspend(): Promise<void> {
    this.#lifecycle.stop()
    await this.#generations.stopWarmUp()
    if (!(await this.#lifecycle.suspend())) return
    const live = this.#generations.live!
    await live.commits.submitPosition(live.reached())
  }

  /** Gives everything back without committing: what was not committed is processed again by the next owner. */
  async close(): Promise<void> {
    await this.#lifecycle.close({
      interrupt: () =>
        Promise.allSettled([this.#input?.close(), this.#committer?.close(), this.#generations.closeWarmUp()]),
      release: () => this.#generations.close(),
    })
  }

  /** Deletes the local state of a closed task, so that the next one restores it from the changelogs. */
  destroyState(): Promise<void> {
    return this.#generations.destroyState()
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
      stopped: () => this.#lifecycle.isStopping,
      onProgress: (progress) => observer.restoring(progress),
      count: (name, by) => observer.count(name, by),
      onCommitted: (commit) => observer.committed(commit),
    }
  }

  async #open(): Promise<void> {
    const { applicationId, log, guarantee, transactionTimeoutMs } = this.#options
    const { taskId } = this
    this.#committer = new SerialCommitter(
      await openCommitter({ log, groupId: applicationId, taskId, guarantee, transactionTimeoutMs }),
    )
    await this.#generations.open(this.#committer)
    const stopped = () => this.#lifecycle.isStopping
    this.#input = await InputLoop.open({ ...this.#options, source: this.#source, stopped }, this.#generations)
  }
}
