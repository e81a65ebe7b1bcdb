import { describe, inject } from 'vitest'

/** The run's Kafka broker, as `host:port`; undefined when this run has none. */
export const brokers: string | undefined = inject('brokers')

/** `describe` for tests that need the run's broker: skipped when there is none (`broker-setup.ts` says why). */
export const describeWithBroker = describe.skipIf(brokers === undefined)

/** The run's broker, for use inside `describeWithBroker`. */
export function requireBroker(): string {
  if (brokers === undefined) throw new Error('this run has no broker: wrap the test in describeWithBroker')
  return brokers
}
