import type { KeyObject } from 'node:crypto'
import type { LogClient } from '../../log/log.ts'
import { contentBytes, mostContentBytes, packRuleSet } from '../../rules/deploy/rule-set-content.ts'
import { deploymentId, type RuleSetChange, ruleSetRecords } from '../../rules/deploy/rule-set-record.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { announcedRecord, beginningId, type InForce, type WarmUpProgress } from '../../task/deployment-ledger.ts'
import { ledgerSpec } from '../../task/deployment-port.ts'
import { systemClock } from '../../time/clock.ts'
import { UsageError } from '../failure.ts'
import { type Deployed, readDeployed } from './deployed.ts'

export interface DeployerOptions {
  readonly log: LogClient
  readonly appId: string
  readonly topic: string
  readonly partitions: number
  readonly signer: KeyObject | 'unsigned'
  readonly ruleSet: RuleSet
  /** Ends the waiting; what was written stays. */
  readonly signal: AbortSignal
}

/** How many partitions are ready, of how many; what they have read in parts of all there is to read. */
export interface Readiness {
  readonly ready: number
  readonly partitions: number
  readonly share: number
  /** Tasks have begun. */
  readonly begun: boolean
}

/** How the waiting ended. */
export type Waited = 'ready' | 'interrupted' | { readonly failure: string }

const lookEveryMs = 200

/** Takes one rule set through the log: prepared in all partitions at once, made ready by the tasks, activated at once. */
export class Deployer {
  readonly #options: DeployerOptions
  /** Grows from run to run as the clock does, and above what `send` gives. */
  #sequence = systemClock.nowMs() * 1_000

  constructor(options: DeployerOptions) {
    this.#options = options
  }

  /** @throws UsageError when it is too large for a control record */
  async prepare(deployed: Deployed, { cold }: { readonly cold: boolean }): Promise<void> {
    const { log, appId, partitions, ruleSet } = this.#options
    const content = packRuleSet(ruleSet)
    if (contentBytes(content) > mostContentBytes) {
      throw new UsageError(
        `the rule set has ${contentBytes(content)} bytes compressed, at most ${mostContentBytes} fit into a control record; split off what another application can decide`,
      )
    }
    await log.createTopic(ledgerSpec(appId, partitions))
    const nowMs = systemClock.nowMs()
    const { hash } = ruleSet
    const change = { op: 'prepare', deployment: nowMs.toString(36), hash, ruleSet: content } as const
    const announced = announcedRecord(appId, deploymentId(change), { hash, content, nowMs, cold })
    await this.#write(change, [...this.#replaced(deployed, nowMs), announced])
  }

  /** True when every partition has this rule set prepared already and is at it. */
  isPrepared({ warmUps }: Deployed): boolean {
    return warmUps.every((warmUp) => warmUp?.hash === this.#options.ruleSet.hash && warmUp.failure === undefined)
  }

  async activate(): Promise<void> {
    await this.#write({ op: 'activate', hash: this.#options.ruleSet.hash }, [])
  }

  /** Until every partition's task has caught up; tells how far they are. */
  warm(onLook: (readiness: Readiness) => void): Promise<Waited> {
    return this.#until(({ warmUps, inForce }) => {
      const states = warmUps.map((warmUp, partition) => this.#stateOf(warmUp, inForce[partition]))
      const failure = states.find((state) => state?.failure !== undefined)?.failure
      if (failure !== undefined) return { failure }
      const ready = states.filter((state) => state?.isWarm === true).length
      const share = states.reduce((sum, state) => sum + shareOf(state), 0) / states.length
      onLook({ ready, partitions: states.length, share, begun: states.some((state) => state !== undefined) })
      return ready === states.length ? 'ready' : undefined
    })
  }

  /** Until every partition decides by the rule set. */
  inForce(): Promise<Waited> {
    const { hash } = this.#options.ruleSet
    return this.#until(({ inForce, warmUps }) => {
      const isDone = inForce.every((each, partition) => each?.hash === hash && warmUps[partition]?.hash !== hash)
      return isDone ? 'ready' : undefined
    })
  }

  #stateOf(warmUp: WarmUpProgress | undefined, inForce: InForce | undefined): WarmUpProgress | undefined {
    return warmUp?.hash === this.#options.ruleSet.hash && warmUp.id !== inForce?.id ? warmUp : undefined
  }

  async #until(look: (deployed: Deployed) => Waited | undefined): Promise<Waited> {
    const { log, appId, partitions, signal } = this.#options
    while (!signal.aborted) {
      const found = look(await readDeployed(log, appId, partitions))
      if (found !== undefined) return found
      await new Promise<void>((resolve) => systemClock.setTimeout(resolve, lookEveryMs))
    }
    return 'interrupted'
  }

  /** What a partition began with is kept by nobody else once it is replaced. */
  #replaced({ inForce, announced }: Deployed, nowMs: number) {
    const known = new Set(announced.map(({ hash }) => hash))
    const began = inForce.find((each) => each?.id === null && !known.has(each.hash))
    if (began === undefined) return []
    const { hash, content } = began
    return [announcedRecord(this.#options.appId, beginningId, { hash, content, nowMs: nowMs - 1, cold: false })]
  }

  async #write(change: RuleSetChange, more: readonly ReturnType<typeof announcedRecord>[]): Promise<void> {
    const { log, appId, topic, partitions, signer } = this.#options
    const sequence = ++this.#sequence
    const records = ruleSetRecords(change, { topic, partitions, signer, sequence, nowMs: systemClock.nowMs() })
    await log.sendTogether(`${appId}-deploy`, [...records, ...more])
  }
}

const shareOf = (state: WarmUpProgress | undefined): number => {
  if (state === undefined) return 0
  const { from, reached, to } = state
  return state.isWarm || to <= from ? 1 : Math.min(1, (reached - from) / (to - from))
}
