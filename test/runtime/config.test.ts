import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { type ConfigSources, loadConfig, withoutSecrets } from '../../src/runtime/config.ts'
import { envNameOf, settings } from '../../src/runtime/config-settings.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-config-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(content: string): string {
  const path = join(folder, 'weir.yaml')
  writeFileSync(path, content)
  return path
}

function failure(sources: Partial<ConfigSources>): ConfigError {
  try {
    loadConfig({ env: {}, ...sources })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('no error')
}

describe('loadConfig', () => {
  it('needs nothing: the embedded log, its data in .weir, exactly once', () => {
    expect(loadConfig({ env: {} })).toEqual({
      appId: 'weir',
      log: { kind: 'embedded', dataDir: '.weir' },
      mainTopic: 'main',
      partitions: 4,
      processing: { guarantee: 'exactly-once' },
      state: { dir: '.weir/state', taskMemoryMb: 128, cleanupDelayMs: 600_000 },
      standbyReplicas: 0,
      threads: 1,
      ingress: { mapping: 'none' },
      signing: { publicKeys: [], unsigned: false },
      http: { host: '127.0.0.1' },
      logging: { level: 'info' },
      batch: { maxRecords: 8000, maxBytes: 2_097_152, maxWaitMs: 100 },
      shutdownTimeoutMs: 30_000,
    })
  })

  it('lets a flag win over the environment, that over the file, and that over the default', () => {
    const sources = {
      file: file('appId: file\nmainTopic: file\npartitions: 8\n'),
      env: { WEIR_APP_ID: 'env', WEIR_MAIN_TOPIC: 'env' },
      flags: { appId: { flag: '--app-id', value: 'flag' } },
    }
    expect(loadConfig(sources)).toMatchObject({
      appId: 'flag',
      mainTopic: 'env',
      partitions: 8,
      http: { host: '127.0.0.1' },
    })
  })

  it('uses Kafka once brokers are named', () => {
    const { log } = loadConfig({ env: { WEIR_KAFKA_BROKERS: 'a:9092, b:9092' } })
    expect(log).toEqual({ kind: 'kafka', dataDir: '.weir', brokers: ['a:9092', 'b:9092'], clientId: 'weir' })
  })

  it('keeps to the embedded log when it is asked for by name', () => {
    const { log } = loadConfig({ env: { WEIR_KAFKA_BROKERS: 'a:9092', WEIR_LOG_KIND: 'embedded' } })
    expect(log).toEqual({ kind: 'embedded', dataDir: '.weir' })
  })

  it('resolves paths of the file against its folder, and those of the environment against the current one', () => {
    const path = file('rules: rules\nlog: {dataDir: data}\nsigning: {publicKeys: [a.pem, /b.pem]}\n')
    const config = loadConfig({ file: path, env: { WEIR_STATE_DIR: 'state' } })
    expect(config).toMatchObject({
      rules: join(folder, 'rules'),
      log: { dataDir: join(folder, 'data') },
      signing: { publicKeys: [join(folder, 'a.pem'), resolve('/b.pem')] },
      state: { dir: 'state' },
    })
  })

  it('turns TLS on as soon as one of its settings is given', () => {
    const { log } = loadConfig({ env: { WEIR_KAFKA_BROKERS: 'a:1', WEIR_KAFKA_SSL_ENABLED: 'true' } })
    expect(log).toMatchObject({ ssl: { enabled: true, rejectUnauthorized: true } })
  })

  it('reads the password from a file of its own', () => {
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, 's3cret\n')
    const path = file('log: {brokers: [a:1], sasl: {username: u, passwordFile: password}}\n')
    const config = loadConfig({ file: path, env: {} })
    expect(config.log).toMatchObject({ sasl: { mechanism: 'scram-sha-512', username: 'u', password: 's3cret' } })
    expect(JSON.stringify(withoutSecrets(config))).not.toContain('s3cret')
  })

  it('treats an empty variable and a key without a value as not set', () => {
    expect(loadConfig({ file: file('http:\nappId:\n'), env: { WEIR_APP_ID: '' } })).toMatchObject({
      appId: 'weir',
      http: { host: '127.0.0.1' },
    })
  })

  it.each<[string, Partial<ConfigSources>, string]>([
    ['a missing file', { file: '/nowhere.yaml' }, 'there is no such file; check the path given to --config'],
    [
      'a number in words',
      { env: { WEIR_HTTP_PORT: 'many' } },
      'WEIR_HTTP_PORT: http.port must be a whole number from 0 to 65535, not "many"',
    ],
    [
      'a number out of range',
      { env: { WEIR_HTTP_PORT: '70000' } },
      'WEIR_HTTP_PORT: http.port must be a whole number from 0 to 65535, not 70000',
    ],
    [
      'an unknown choice',
      { env: { WEIR_PROCESSING_GUARANTEE: 'maybe' } },
      'WEIR_PROCESSING_GUARANTEE: processing.guarantee must be one of exactly-once, at-least-once, not "maybe"',
    ],
    [
      'a misspelt variable',
      { env: { WEIR_KAFKA_BROKER: 'a:1' } },
      'WEIR_KAFKA_BROKER is not a setting; did you mean WEIR_KAFKA_BROKERS?',
    ],
    [
      'a flag of the wrong type',
      { flags: { partitions: { flag: '--partitions', value: 0 } } },
      '--partitions: partitions must be a whole number from 1 to 10000, not 0',
    ],
    [
      'Kafka without brokers',
      { env: { WEIR_LOG_KIND: 'kafka' } },
      'log.kind is kafka, but no brokers are named; set log.brokers or WEIR_KAFKA_BROKERS',
    ],
    [
      'SASL without a user',
      { env: { WEIR_KAFKA_SASL_PASSWORD: 'x' } },
      'log.sasl.username is missing; set it in the configuration file or with WEIR_KAFKA_SASL_USERNAME',
    ],
    [
      'an unreadable certificate',
      { env: { WEIR_KAFKA_BROKERS: 'a:1', WEIR_KAFKA_SSL_CA: '/no.pem' } },
      'log.ssl.ca names /no.pem, which cannot be read; correct it or set WEIR_KAFKA_SSL_CA',
    ],
  ])('names place and remedy of %s', (_, sources, sentence) => {
    expect(failure(sources).message).toContain(sentence)
  })

  it.each([
    [
      'an unknown key',
      'appId: a\nlog:\n  broker: [x]\n',
      'weir.yaml:3: "broker" is not a setting of log; did you mean "brokers"?',
    ],
    [
      'an unknown key without a likeness',
      'colour: red\n',
      'weir.yaml:1: "colour" is not a setting; it may be one of appId, rules, log,',
    ],
    [
      'a wrong type',
      'batch:\n  maxRecords: few\n',
      'weir.yaml:2: batch.maxRecords must be a whole number from 1 on, not "few" (or set WEIR_BATCH_MAX_RECORDS)',
    ],
    [
      'a section that is none',
      'log: kafka\n',
      'weir.yaml:1: log must be a section with kind, dataDir, brokers, clientId, ssl, sasl',
    ],
    [
      'a password in the file',
      'log:\n  sasl:\n    password: hunter2\n',
      'weir.yaml:3: log.sasl.password is a secret and has no place in this file; set WEIR_KAFKA_SASL_PASSWORD',
    ],
    ['text that is not YAML', 'a: [1\n', 'weir.yaml:2:1 is not YAML'],
    ['a list instead of keys', '- a\n', 'weir.yaml must hold keys and values'],
  ])('names the line and the remedy of %s', (_, content, sentence) => {
    const { message } = failure({ file: file(content) })
    expect(message).toContain(sentence)
    expect(message).not.toContain('hunter2')
  })

  it('reports all problems at once', () => {
    const { message } = failure({ file: file('appId: ""\npartitions: 0\n') })
    expect(message.split('\n')).toHaveLength(3)
  })
})

describe('the settings', () => {
  it('have a description and a variable each, and no two share one', () => {
    expect(settings.filter(({ description }) => description === '')).toEqual([])
    expect(new Set(settings.map(({ env }) => env)).size).toBe(settings.length)
  })

  it('call the connection to Kafka KAFKA in the environment', () => {
    expect(['appId', 'log.dataDir', 'log.brokers', 'log.sasl.passwordFile', 'batch.maxWaitMs'].map(envNameOf)).toEqual([
      'WEIR_APP_ID',
      'WEIR_LOG_DATA_DIR',
      'WEIR_KAFKA_BROKERS',
      'WEIR_KAFKA_SASL_PASSWORD_FILE',
      'WEIR_BATCH_MAX_WAIT_MS',
    ])
  })
})
