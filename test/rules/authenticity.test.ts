import { describe, expect, it } from 'vitest'
import type { Head, Kind } from '../../src/record/ingress.ts'
import { generateKeys, publicKeysOf } from '../../src/record/keys.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { signControl } from '../../src/record/signature.ts'
import { signedBy } from '../../src/rules/authenticity.ts'

const keys = generateKeys()
const app = signedBy('app', { publicKeys: publicKeysOf([keys.publicKey]), macSecret: keys.macSecret })
const sameKeys = signedBy('other', { publicKeys: publicKeysOf([keys.publicKey]), macSecret: keys.macSecret })

const value = Buffer.from('{}')
const head = (kind: Kind, type: string): Head => ({ kind, type, id: 'd:3:1', timeMs: 7, key: 'k' })
const recordWith = (headers: LogRecord['headers'], more: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'main',
  partition: 3,
  offset: 9,
  timestampMs: 0,
  key: Buffer.from('k'),
  value,
  headers,
  ...more,
})
const isBelieved = (record: LogRecord, of: Head): boolean => app.objection!(record, of) === undefined

describe('a decision', () => {
  const decision = head('decision', 'risk.decision')
  const sealed = app.seal({ key: Buffer.from('k'), id: 'd:3:1', value })

  it("is believed with the application's own code, and not when anything that it covers was changed", () => {
    expect(isBelieved(recordWith(sealed), decision)).toBe(true)
    expect(isBelieved(recordWith(sealed, { value: Buffer.from('{"outcome":"allow"}') }), decision)).toBe(false)
    expect(isBelieved(recordWith(sealed), { ...decision, id: 'd:3:2' })).toBe(false)
    expect(isBelieved(recordWith({}), decision)).toBe(false)
  })

  it("of another application is that one's to check", () => {
    const theirs = sameKeys.seal({ key: Buffer.from('k'), id: 'd:3:1', value: Buffer.from('else') })
    expect(isBelieved(recordWith(theirs), decision)).toBe(true)
    expect(isBelieved(recordWith(theirs), head('business', 'feature.users'))).toBe(false)
  })
})

describe('a tick', () => {
  const tick = head('control', 'tick')
  const sealed = app.seal({ key: null, id: 'd:3:1', value, bound: { type: 'tick', timeMs: 7, partition: 3 } })

  it('is believed on its own partition and at its own time only', () => {
    expect(isBelieved(recordWith(sealed, { key: null }), tick)).toBe(true)
    expect(isBelieved(recordWith(sealed, { key: null, partition: 4 }), tick)).toBe(false)
    expect(isBelieved(recordWith(sealed, { key: null }), { ...tick, timeMs: 8 })).toBe(false)
  })
})

describe('a control record', () => {
  const list = head('control', 'list')
  const signed = (privateKey = keys.privateKey) =>
    signControl({ topic: 'main', partition: 3, key: Buffer.from('k'), value, privateKey, sequence: 1 })

  it('is believed when a known key has signed it, not when it only names one', () => {
    expect(isBelieved(recordWith(signed()), list)).toBe(true)
    const strangers = signed(generateKeys().privateKey)
    expect(isBelieved(recordWith(strangers), list)).toBe(false)
    expect(isBelieved(recordWith({ ...strangers, 'key-id': signed()['key-id']! }), list)).toBe(false)
    expect(isBelieved(recordWith(app.seal({ key: Buffer.from('k'), id: 'd:3:1', value })), list)).toBe(false)
  })
})
