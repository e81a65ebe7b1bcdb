import { describe, expect, test } from 'vitest'
import { eventHeaders } from '../../src/record/headers.ts'
import { generateKeys, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { macHeader, macOf, signControl, verifyControl, verifyMac } from '../../src/record/signature.ts'
import { logRecord, noonMs } from './log-record.ts'

const keys = generateKeys()
const trusted = publicKeysOf([generateKeys().publicKey, keys.publicKey])

const plain = logRecord({
  partition: 3,
  key: null,
  value: '{"list":"blocked-cards","op":"add","items":["c-1"]}',
  headers: { kind: 'control', type: 'list', id: 'list-1' },
})
const signed: LogRecord = { ...plain, headers: signControl({ ...plain, privateKey: keys.privateKey, sequence: 7 }) }

describe('a signed control record', () => {
  test('names its signer and its sequence number', () => {
    expect(verifyControl(trusted, signed)).toEqual({ keyId: keys.keyId, sequence: 7 })
  })

  test('keeps its own headers', () => {
    expect(signed.headers).toMatchObject(eventHeaders({ kind: 'control', type: 'list', id: 'list-1', timeMs: noonMs }))
  })

  test('may be signed without headers and key', () => {
    const { topic, partition, value } = plain
    const headers = signControl({ privateKey: keys.privateKey, topic, partition, value, sequence: 0 })
    expect(verifyControl(trusted, { ...plain, headers })).toEqual({ keyId: keys.keyId, sequence: 0 })
  })

  const headers = (changed: Record<string, Buffer | undefined>): LogRecord => {
    const all = Object.entries({ ...signed.headers, ...changed })
    return {
      ...signed,
      headers: Object.fromEntries(all.filter((entry): entry is [string, Buffer] => entry[1] !== undefined)),
    }
  }

  test.each<[string, LogRecord]>([
    ['another topic', { ...signed, topic: 'other' }],
    ['another partition', { ...signed, partition: 4 }],
    ['another value', { ...signed, value: Buffer.from('{}') }],
    ['no value', { ...signed, value: null }],
    ['a key', { ...signed, key: Buffer.alloc(0) }],
    ['another kind', headers({ kind: Buffer.from('business') })],
    ['another type', headers({ type: Buffer.from('rule-set') })],
    ['another id', headers({ id: Buffer.from('list-2') })],
    ['another time', headers({ time: Buffer.from('1') })],
    ['no time', headers({ time: undefined })],
    ['another sequence number', headers({ seq: Buffer.from('8') })],
    ['the same number written otherwise', headers({ seq: Buffer.from('07') })],
    ['a sequence number that is none', headers({ seq: Buffer.from('x') })],
    ['no sequence number', headers({ seq: undefined })],
    ['no key id', headers({ 'key-id': undefined })],
    ['the id of another trusted key', headers({ 'key-id': Buffer.from([...trusted.keys()][0]!) })],
    ['an unknown key id', headers({ 'key-id': Buffer.from('f'.repeat(16)) })],
    ['no signature', headers({ sig: undefined })],
    ['an empty signature', headers({ sig: Buffer.alloc(0) })],
    ['another signature', headers({ sig: Buffer.from(Buffer.alloc(64, 1).toString('base64')) })],
  ])('does not count with %s', (_, record) => {
    expect(verifyControl(trusted, record)).toBeUndefined()
  })

  test('does not count when its key is not trusted', () => {
    expect(verifyControl(publicKeysOf([generateKeys().publicKey]), signed)).toBeUndefined()
    expect(verifyControl(new Map(), signed)).toBeUndefined()
  })

  test('does not count unsigned', () => {
    expect(verifyControl(trusted, plain)).toBeUndefined()
  })
})

describe('a record with a code', () => {
  const secret = keys.macSecret
  const { key, value } = plain
  const bound = { type: 'tick', timeMs: noonMs, partition: 3 }
  const coded = (mac: Buffer, parts: Partial<LogRecord> = {}): LogRecord => ({
    ...plain,
    headers: { [macHeader]: mac },
    ...parts,
  })

  test('is believed with the same secret, key, id and value', () => {
    const record = coded(macOf(secret, { key, id: 'd:3:1', value }))
    expect(verifyMac(secret, record, 'd:3:1')).toBe(true)
    expect(verifyMac(secret, record, 'd:3:2')).toBe(false)
    expect(verifyMac(generateKeys().macSecret, record, 'd:3:1')).toBe(false)
    expect(verifyMac(secret, { ...record, value: Buffer.from('{}') }, 'd:3:1')).toBe(false)
    expect(verifyMac(secret, { ...record, key: Buffer.from('k') }, 'd:3:1')).toBe(false)
    expect(verifyMac(secret, plain, 'd:3:1')).toBe(false)
    expect(verifyMac(secret, coded(Buffer.from('short')), 'd:3:1')).toBe(false)
  })

  test('may be bound to its type, time and partition', () => {
    const record = coded(macOf(secret, { key, id: 't', value, bound }))
    expect(verifyMac(secret, record, 't', bound)).toBe(true)
    expect(verifyMac(secret, record, 't')).toBe(false)
    expect(verifyMac(secret, record, 't', { ...bound, timeMs: noonMs + 1 })).toBe(false)
    expect(verifyMac(secret, record, 't', { ...bound, partition: 4 })).toBe(false)
    expect(verifyMac(secret, record, 't', { ...bound, type: 'feature.x' })).toBe(false)
  })

  test('does not mistake the end of one field for the start of the next', () => {
    const macs = [
      macOf(secret, { key: Buffer.from('ab'), id: 'c', value: null }),
      macOf(secret, { key: Buffer.from('a'), id: 'bc', value: null }),
      macOf(secret, { key: Buffer.from('abc'), id: '', value: null }),
      macOf(secret, { key: null, id: 'abc', value: null }),
      macOf(secret, { key: Buffer.alloc(0), id: 'abc', value: null }),
      macOf(secret, { key: null, id: 'abc', value: Buffer.alloc(0) }),
    ]
    expect(new Set(macs.map(String)).size).toBe(macs.length)
  })
})
