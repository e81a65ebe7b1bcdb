import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authenticityOf, signerOf } from '../../src/cli/signing.ts'
import { generateKeys, publicKeyPem } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { signControl } from '../../src/record/signature.ts'
import { loadConfig } from '../../src/runtime/config.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
const stranger = generateKeys()
const files = { publicKey: folder.inside('public.pem'), macSecret: folder.inside('mac.key') }

beforeAll(() => {
  writeFileSync(files.publicKey, publicKeyPem(stranger.publicKey))
  writeFileSync(files.macSecret, randomBytes(32).toString('hex'))
})
afterAll(() => folder.remove())

const embedded = { WEIR_LOG_DATA_DIR: folder.inside('log') }
const kafka = { WEIR_KAFKA_BROKERS: 'k:9092' }
const keys = { WEIR_SIGNING_PUBLIC_KEYS: files.publicKey, WEIR_SIGNING_MAC_SECRET_FILE: files.macSecret }

function controlSignedBy(privateKey: typeof stranger.privateKey): LogRecord {
  const record = { topic: 'main', partition: 0, key: null, value: Buffer.from('{}') }
  return { ...record, offset: 0, timestampMs: 0, headers: signControl({ ...record, privateKey, sequence: 1 }) }
}

const head = { kind: 'control' as const, type: 'list', id: 'c', timeMs: 0, key: '' }
const objects = async (env: Record<string, string>, privateKey: typeof stranger.privateKey) => {
  const { objection } = await authenticityOf(loadConfig({ env }))
  return objection?.(controlSignedBy(privateKey), head) !== undefined
}

describe('whom the application believes', () => {
  it('is the key of the embedded log, which `send` signs with, and nobody else', async () => {
    const own = await signerOf(loadConfig({ env: embedded }))
    if (typeof own === 'string') throw new Error(own)
    expect(await objects(embedded, own)).toBe(false)
    expect(await objects(embedded, stranger.privateKey)).toBe(true)
  })

  it('is also who has a configured key', async () => {
    expect(await objects({ ...embedded, ...keys }, stranger.privateKey)).toBe(false)
    expect(await objects({ ...kafka, ...keys }, stranger.privateKey)).toBe(false)
    expect(await objects({ ...kafka, ...keys }, generateKeys().privateKey)).toBe(true)
  })

  it('is everybody when that is configured', async () => {
    expect(await objects({ ...kafka, WEIR_SIGNING_UNSIGNED: 'true' }, stranger.privateKey)).toBe(false)
  })

  it('is a mistake to leave open on Kafka, half of the keys included', async () => {
    for (const env of [kafka, { ...kafka, WEIR_SIGNING_PUBLIC_KEYS: files.publicKey }]) {
      await expect(authenticityOf(loadConfig({ env }))).rejects.toMatchObject({ code: 'keys-missing' })
    }
  })

  it('names a key file that cannot be read', async () => {
    const env = { ...kafka, ...keys, WEIR_SIGNING_MAC_SECRET_FILE: '/nowhere.key' }
    await expect(authenticityOf(loadConfig({ env }))).rejects.toThrow('/nowhere.key cannot be read (ENOENT)')
  })
})
