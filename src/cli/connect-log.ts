import { existsSync } from 'node:fs'
import { LogError } from '../errors.ts'
import type { LogClient } from '../log/log.ts'
import type { WeirConfig } from '../runtime/config.ts'
import type { ConnectOptions } from './cli.ts'
import { kafkaOptions } from './kafka-options.ts'

/** Somebody waits at a terminal: a broker that does not answer by then is reported. */
const unavailableMs = 10_000

/**
 * Connects to the log that the configuration names, as a client beside its owner. The adapters are loaded only here:
 * most commands need one of them, or none.
 * @throws LogError
 */
export async function connectLog({ log }: WeirConfig, { create }: ConnectOptions): Promise<LogClient> {
  if (log.kind === 'embedded') {
    if (!create && !existsSync(log.dataDir)) {
      const message = `there is no log in ${log.dataDir}; weir run and weir topics create make one, --data-dir names another`
      throw new LogError('log-unavailable', message)
    }
    const { connectEmbeddedLog } = await import('../log/embedded/open.ts')
    return connectEmbeddedLog(log.dataDir)
  }
  const { openKafkaLog } = await import('../log/kafka/kafka-log.ts')
  return openKafkaLog({ ...kafkaOptions(log), unavailableMs })
}
