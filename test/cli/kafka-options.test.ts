import { writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { kafkaOptions } from '../../src/cli/kafka-options.ts'
import { type KafkaSettings, loadConfig } from '../../src/runtime/config.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

function settings(env: Record<string, string>): KafkaSettings {
  const { log } = loadConfig({ env: { WEIR_KAFKA_BROKERS: 'a:1,b:2', ...env } })
  if (log.kind !== 'kafka') throw new Error('not Kafka')
  return log
}

it('leaves out TLS and SASL when nobody asks for them', () => {
  expect(kafkaOptions(settings({}))).toEqual({ brokers: ['a:1', 'b:2'], clientId: 'weir' })
})

it('hands certificates over as bytes, not as paths', () => {
  const ca = folder.inside('ca.pem')
  writeFileSync(ca, 'certificate')
  expect(kafkaOptions(settings({ WEIR_KAFKA_SSL_CA: ca }))).toMatchObject({
    ssl: { ca: Buffer.from('certificate'), rejectUnauthorized: true },
  })
})

it('uses no TLS when it is switched off', () => {
  expect(kafkaOptions(settings({ WEIR_KAFKA_SSL_ENABLED: 'false' }))).not.toHaveProperty('ssl')
})

it('hands over user and password', () => {
  const env = { WEIR_KAFKA_SASL_USERNAME: 'u', WEIR_KAFKA_SASL_PASSWORD: 'p', WEIR_KAFKA_SASL_MECHANISM: 'plain' }
  expect(kafkaOptions(settings(env))).toMatchObject({ sasl: { mechanism: 'plain', username: 'u', password: 'p' } })
})
