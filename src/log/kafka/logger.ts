import type { KafkaJsLogger } from './protocol.ts'

/** Whoever wants to hear what the connections do. A pino logger fits. */
export interface KafkaLogger {
  debug(details: object, message: string): void
}

/** A logger for kafkajs that passes everything on at debug level: what matters comes to the caller as an error. */
export function quiet(logger: KafkaLogger | undefined, namespace = 'kafka'): KafkaJsLogger {
  const log = (message: string, details: object = {}): void => logger?.debug({ ...details, namespace }, message)
  return { namespace: (name) => quiet(logger, name), debug: log, info: log, warn: log, error: log }
}
