import { readFileSync } from 'node:fs'
import type { KafkaSettings } from '../runtime/config.ts'

/** The connection settings as the Kafka adapter takes them, with the files' contents in place of their names. */
export function kafkaOptions({ brokers, clientId, ssl, sasl }: KafkaSettings): {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: object
  readonly sasl?: object
} {
  return {
    brokers,
    clientId,
    ...(ssl?.enabled ? { ssl: tlsOptions(ssl) } : {}),
    ...(sasl === undefined
      ? {}
      : { sasl: { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password } }),
  }
}

const tlsOptions = ({ ca, cert, key, rejectUnauthorized }: NonNullable<KafkaSettings['ssl']>): object => ({
  rejectUnauthorized,
  ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
  ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
  ...(key === undefined ? {} : { key: readFileSync(key) }),
})
