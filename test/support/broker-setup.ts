import type { TestProject } from 'vitest/node'
import { startBroker } from '../../scripts/broker/start-broker.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the run's broker; undefined when there is none. */
    brokers: string | undefined
  }
}

/**
 * One Kafka broker for the whole integration run. Where none can be had the tests that need it are skipped, aloud;
 * with `WEIR_REQUIRE_INTEGRATION=1`, or a `KAFKA_BROKERS` where nobody answers, the run fails instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const broker = await startBroker()
    project.provide('brokers', broker.brokers)
    return () => broker.stop()
  } catch (error) {
    // Who names a broker, or requires these tests, wants to hear that they did not run.
    if (process.env['WEIR_REQUIRE_INTEGRATION'] === '1' || process.env['KAFKA_BROKERS']) throw error
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`The integration tests are skipped. ${why}\n`)
    project.provide('brokers', undefined)
    return async () => {}
  }
}
