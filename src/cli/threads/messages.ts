import type { MessagePort } from 'node:worker_threads'
import type { Failure } from '../../log/shared/protocol.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import type { HealthSnapshot } from '../../runtime/health.ts'
import type { Labels } from '../../runtime/metrics.ts'

/** What a thread is given when it begins. */
export interface ThreadData {
  /** From 1 on; in its log lines. */
  readonly thread: number
  readonly config: WeirConfig
  /** Of the rule files as the main thread read them; absent when there are none. */
  readonly ruleSetHash: string | undefined
  /** Leads to the embedded log in the main thread; on Kafka each thread has connections of its own. */
  readonly log: MessagePort | undefined
}

/** One call of `Metrics`: what it is called with. */
export interface MetricCall {
  readonly method: 'add' | 'observe' | 'set' | 'unset'
  readonly name: string
  readonly value: number
  readonly labels: Labels | undefined
}

/** What a thread tells the main thread. */
export type Report =
  | { readonly line: string }
  | { readonly metrics: readonly MetricCall[] }
  | { readonly health: HealthSnapshot }
  | { readonly joined: true }
  | { readonly failed: Failure }

/** Said to a thread: end gracefully. */
export const endMessage = 'end'
