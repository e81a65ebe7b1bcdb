import {
  createHmac,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { headerNames } from './headers.ts'
import { keyIdOf } from './keys.ts'
import type { Headers, LogRecord, OutgoingRecord } from './record.ts'
import { signedBytes } from './signed-fields.ts'

/** Public keys that may sign control records, by key id (`keyIdOf`). */
export type PublicKeys = ReadonlyMap<string, KeyObject>

export const macHeader = headerNames.mac

const controlDomain = 'weir control record v1'
const macDomain = 'weir record code v1'

export interface ControlToSign extends Pick<OutgoingRecord, 'topic' | 'partition' | 'value'> {
  /** Ed25519. */
  readonly privateKey: KeyObject
  /** Grows with every control record of a partition: an old one sent again does not count. */
  readonly sequence: number
  readonly key?: Buffer | null
  /** Those that say what the record is (`eventHeaders`): they are signed too, and returned with the signature. */
  readonly headers?: Headers
}

/** Kind, type, id and time change what a record does, so that they are covered as their bytes. */
function controlBytes(
  record: Pick<LogRecord, 'topic' | 'partition' | 'key' | 'value' | 'headers'>,
  sequence: string,
): Buffer {
  const { topic, partition, key, value, headers } = record
  const names = [headerNames.kind, headerNames.type, headerNames.id, headerNames.time]
  return signedBytes(controlDomain, [topic, partition, sequence, key, value, ...names.map((name) => headers[name])])
}

/**
 * Signs a control record for one topic and partition: returns its headers, with `sig` (base64), `seq` and `key-id`. Also
 * covered are key, value, and the headers kind, type, id and time.
 */
export function signControl({ privateKey, sequence, key = null, headers = {}, ...record }: ControlToSign): Headers {
  const seq = String(sequence)
  const signature = sign(null, controlBytes({ ...record, key, headers }, seq), privateKey)
  return {
    ...headers,
    [headerNames.signature]: Buffer.from(signature.toString('base64')),
    [headerNames.sequence]: Buffer.from(seq),
    [headerNames.keyId]: Buffer.from(keyIdOf(createPublicKey(privateKey))),
  }
}

export interface VerifiedControl {
  readonly keyId: string
  /** The caller takes only numbers above the last one of the partition. */
  readonly sequence: number
}

const sequencePattern = /^(0|[1-9]\d{0,15})$/

/**
 * What a control record says of its signer, the signature not looked at: for records that have been verified, or need not
 * be. `undefined` when it names no key or no number.
 */
export function controlSequenceOf({ headers }: LogRecord): VerifiedControl | undefined {
  const keyId = headers[headerNames.keyId]?.toString('latin1')
  const sequence = headers[headerNames.sequence]?.toString('latin1')
  if (keyId === undefined || sequence === undefined || !sequencePattern.test(sequence)) return undefined
  return { keyId, sequence: Number(sequence) }
}

/** Who signed a control record, or `undefined` when no known key did, for this very topic and partition. */
export function verifyControl(publicKeys: PublicKeys, record: LogRecord): VerifiedControl | undefined {
  const said = controlSequenceOf(record)
  const publicKey = said === undefined ? undefined : publicKeys.get(said.keyId)
  const signature = record.headers[headerNames.signature]
  if (publicKey === undefined || signature === undefined) return undefined
  const bytes = Buffer.from(signature.toString('latin1'), 'base64')
  const covered = controlBytes(record, record.headers[headerNames.sequence]!.toString('latin1'))
  return verify(null, covered, publicKey, bytes) ? said : undefined
}

/** What more a code covers, for records whose headers do something of themselves (ticks and feature records move time). */
export interface Bound {
  readonly type: string
  readonly timeMs: number
  readonly partition: number
}

export interface Coded {
  readonly key: Buffer | null
  readonly id: string
  readonly value: Buffer | null
  readonly bound?: Bound
}

/** Node prepares a key object once, and a buffer at every use. */
const secretKeys = new WeakMap<Buffer, KeyObject>()

function secretKeyOf(secret: Buffer): KeyObject {
  const known = secretKeys.get(secret)
  if (known !== undefined) return known
  const key = createSecretKey(secret)
  secretKeys.set(secret, key)
  return key
}

/**
 * The code (HMAC-SHA256, base64) that a record of the application carries in its `mac` header.
 *
 * @param secret not changed afterwards
 */
export function macOf(secret: Buffer, { key, id, value, bound }: Coded): Buffer {
  const bytes = signedBytes(macDomain, [key, id, value, bound?.type, bound?.timeMs, bound?.partition])
  return Buffer.from(createHmac('sha256', secretKeyOf(secret)).update(bytes).digest('base64'))
}

/** True when the record carries the code of whoever knows the secret; takes the same time for every wrong one. */
export function verifyMac(secret: Buffer, record: LogRecord, id: string, bound?: Bound): boolean {
  const header = record.headers[macHeader]
  if (header === undefined) return false
  const expected = macOf(secret, {
    key: record.key,
    id,
    value: record.value,
    ...(bound === undefined ? {} : { bound }),
  })
  return header.length === expected.length && timingSafeEqual(header, expected)
}
