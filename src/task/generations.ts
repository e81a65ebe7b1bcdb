import { join } from 'node:path'
import { TaskCorruptedError } from '../errors.ts'
import type { CommittedOffset } from '../log/log.ts'
import type { Deployment } from '../topology/deployment.ts'
import type { Committer } from './committer.ts'
import { deploymentOf, type InForce, inForceRecord, readLedger } from './deployment-ledger.ts'
import { applicationIdOf, type DeploymentPort, type TaskDefinition } from './deployment-port.ts'
import { type DroppedState, dropState } from './drop-state.ts'
import { Generation, type TaskParts } from './generation.ts'
import { taskFolder } from './open-database.ts'
import { positionMetadata, resetMarksAt } from './position.ts'
import type { TaskObserver } from './task-options.ts'
import { WarmUp } from './warm-up.ts'

export interface GenerationsOptions {
  readonly parts: TaskParts
  /** The definition of the beginning. */
  readonly base: TaskDefinition
  /** `undefined`: the task stays with the definition of the beginning. */
  readonly deployments: DeploymentPort | undefined
  /** See `WarmUpOptions.sliceRecords`. */
  readonly warmUpRecords: number | undefined
  readonly observer: Pick<TaskObserver, 'warmingUp' | 'activated'>
}

/**
 * What decides in a task's partition, and what is to decide next: opens what the ledger says is in force, makes ready what the
 * log has prepared, and changes to what it has activated exactly behind the record that does so, with the state that the new
 * definition would have if it had always been there (`WarmUp`).
 */
export class Generations {
  readonly #options: GenerationsOptions
  /** Application ids under which the task has had state. */
  readonly #applicationIds = new Set<string>()
  #committer: Committer | undefined
  #live: Generation | undefined
  /** What is to decide next. */
  #warmUp: WarmUp | undefined

  constructor(options: GenerationsOptions) {
    this.#options = options
  }

  /** What decides; `undefined` until it is open. */
  get live(): Generation | undefined {
    return this.#live
  }

  /** Opens what decides at the task's position, as the ledger says, which changes only together with the position. */
  async open(committer: Committer): Promise<void> {
    const { parts, base, deployments } = this.#options
    this.#committer = committer
    if (deployments === undefined) return this.#openLive(undefined)
    const { inForce } = await readLedger(parts.log, parts.applicationId, parts.source.partition)
    await this.#openLive(deploymentOf(inForce))
    if (inForce?.replaced !== undefined) return this.#dropReplaced(inForce)
    const hash = base.definition
    if (inForce === undefined || (inForce.id === null && inForce.hash !== hash)) {
      await this.#writeInForce({ id: null, hash, content: deployments.baseContent, offset: -1 })
    }
  }

  /** Does what the log has deployed up to the position: changes to what is active, makes ready what is prepared. */
  async heedDeployments(): Promise<void> {
    if (this.#options.deployments === undefined) return
    const { active } = this.#live!.deployments
    const since = this.#live!.deployment?.offset ?? -1
    if (active !== undefined && active.offset > since && !(await this.#changeTo(active))) return
    const { prepared } = this.#live!.deployments
    await this.#warmUpFor(prepared)
    if (!this.#options.parts.stopped()) this.#warmUp?.start()
  }

  /** Lets what is made ready come as far as the task. @throws what `WarmUp.follow` throws */
  follow(): void {
    this.#warmUp?.follow(this.#live!.position)
  }

  async stopWarmUp(): Promise<void> {
    await this.#warmUp?.stop()
  }

  /** Breaks off what is made ready; the rest goes on until `close`. */
  async closeWarmUp(): Promise<void> {
    await this.#warmUp?.close()
  }

  async close(): Promise<void> {
    // Opened while another was being closed.
    await this.#warmUp?.close()
    await this.#live?.close()
  }

  /** Deletes the local state once all is closed. */
  async destroyState(): Promise<void> {
    for (const id of this.#applicationIds) await this.#destroyFolder(id)
  }

  async #destroyFolder(applicationId: string): Promise<void> {
    const { engine, stateDir, taskId } = this.#options.parts
    await engine.destroy(taskFolder(join(stateDir, applicationId), taskId))
  }

  async #openLive(deployment: Deployment | undefined): Promise<void> {
    const { parts, base, deployments } = this.#options
    const defined = deployment === undefined ? undefined : deployments!.define(deployment)
    if (deployment !== undefined) defined?.activated(deployment.offset)
    this.#applicationIds.add(applicationIdOf(parts.applicationId, deployment))
    this.#live = await Generation.open({
      ...parts,
      deployment,
      defined: defined ?? base,
      isWarmingUp: false,
      committer: this.#committer!,
    })
  }

  /** False when the task was stopped before the new state was ready: then nothing has changed. */
  async #changeTo(active: Deployment): Promise<boolean> {
    const { source, stopped } = this.#options.parts
    await this.#warmUpFor(active)
    const old = this.#live!
    const warmUp = this.#warmUp!
    await old.commits.settle()
    if (stopped() || !(await warmUp.finish(old.position))) return false
    const { offset, ...times } = warmUp.generation.reached()
    const metadata = positionMetadata({ ...times, ...resetMarksAt(offset, old.resetMarks) })
    await warmUp.close()
    this.#warmUp = undefined
    const inForce = { ...active, replaced: stateOf(old) }
    await this.#writeInForce(inForce, [{ ...source, offset, metadata }])
    await old.close()
    await this.#openLive(active)
    this.#options.observer.activated?.(active)
    await this.#dropReplaced(inForce)
    return true
  }

  /** Lets the warm-up be that of this deployment, or none. */
  async #warmUpFor(deployment: Deployment | undefined): Promise<void> {
    const abandoned = this.#warmUp
    if (abandoned?.deployment.id === deployment?.id) return
    if (abandoned !== undefined) {
      await abandoned.close()
      this.#warmUp = undefined
      await this.#drop(stateOf(abandoned.generation))
    }
    if (deployment === undefined) return
    const generationId = applicationIdOf(this.#options.parts.applicationId, deployment)
    this.#applicationIds.add(generationId)
    this.#warmUp = await this.#openWarmUp(deployment).catch(async (error: unknown) => {
      if (!(error instanceof TaskCorruptedError)) throw error
      // What a folder has from before a reset, say. It is only this deployment's: the state that decides is sound.
      await this.#destroyFolder(generationId)
      return this.#openWarmUp(deployment)
    })
  }

  #openWarmUp(deployment: Deployment): Promise<WarmUp> {
    const { parts, deployments, warmUpRecords: sliceRecords, observer } = this.#options
    return WarmUp.open({
      parts: { ...parts, count: () => {}, onCommitted: () => {} },
      deployment,
      defined: deployments!.define(deployment),
      committer: this.#committer!,
      target: this.#live!.position,
      onProgress: (progress) => observer.warmingUp?.(progress),
      ...(sliceRecords === undefined ? {} : { sliceRecords }),
    })
  }

  async #dropReplaced({ replaced, ...rest }: InForce): Promise<void> {
    if (replaced !== undefined) await this.#drop(replaced)
    await this.#writeInForce(rest)
  }

  async #drop(state: DroppedState): Promise<void> {
    const { parts } = this.#options
    await dropState(state, { ...parts, partition: parts.source.partition })
  }

  async #writeInForce(inForce: InForce, offsets: readonly CommittedOffset[] = []): Promise<void> {
    const { applicationId, source } = this.#options.parts
    await this.#committer!.commit([inForceRecord(applicationId, source.partition, inForce)], offsets)
  }
}

/** What is to be deleted when nothing reads a generation any more. */
const stateOf = ({ deployment, defined }: Generation): DroppedState => ({
  id: deployment?.id ?? null,
  stores: defined.topology.stores.map(({ name }) => name),
})
