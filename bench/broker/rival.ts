import type { Emit } from '../data/ten-minute-rule.ts'

export type Guarantee = 'exactly-once' | 'at-least-once'

/** One run's circumstances, the same for all rivals. */
export interface RunPlan {
  readonly brokers: string
  readonly topic: string
  readonly applicationId: string
  readonly stateDir: string
  readonly guarantee: Guarantee
  readonly emit: Emit
  readonly ruleSetHash: string
}

export interface RivalCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Beside the harness's own. */
  readonly env?: Readonly<Record<string, string>>
}

/** A program that decides, with its settings. */
export interface Rival {
  readonly name: string
  /** Whether its decisions are those of the ten-minute rule, byte for byte. */
  readonly decidesAlike: boolean
  command(plan: RunPlan): RivalCommand
}
