import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { ConfigError } from '../errors.ts'

/** What signs control records, what verifies them, and the secret behind the application's own codes. */
export interface Keys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Of the public key. */
  readonly keyId: string
  readonly macSecret: Buffer
}

/** Bytes of a MAC secret: as many as the hash gives. */
const secretBytes = 32

/** The name of a public key: the first 16 hex digits of its SHA-256. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)

/** Adds what follows from a private key. */
export const keysOf = (privateKey: KeyObject, macSecret: Buffer): Keys => {
  const publicKey = createPublicKey(privateKey)
  return { privateKey, publicKey, keyId: keyIdOf(publicKey), macSecret }
}

/** Makes an Ed25519 pair and a MAC secret. */
export const generateKeys = (): Keys => keysOf(generateKeyPairSync('ed25519').privateKey, randomBytes(secretBytes))

export const privateKeyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

export const publicKeyPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

/** Hex, on one line: what `parseMacSecret` reads. */
export const macSecretText = (secret: Buffer): string => `${secret.toString('hex')}\n`

function ed25519(make: () => KeyObject, where: string): KeyObject {
  let key: KeyObject
  try {
    key = make()
  } catch (cause) {
    throw new ConfigError(
      'config-invalid',
      `${where} holds no PEM key; \`openssl genpkey -algorithm ed25519\` makes one`,
      { cause },
    )
  }
  if (key.asymmetricKeyType === 'ed25519') return key
  throw new ConfigError('config-invalid', `${where} holds a key of type ${key.asymmetricKeyType}; Weir needs Ed25519`)
}

/** @param where names the source in errors  @throws ConfigError `config-invalid` unless it is an Ed25519 private key */
export const parsePrivateKey = (pem: string, where: string): KeyObject => ed25519(() => createPrivateKey(pem), where)

/** @param where names the source in errors  @throws ConfigError `config-invalid` unless it is an Ed25519 public key */
export function parsePublicKey(pem: string, where: string): KeyObject {
  // Node would quietly derive the public half; a private key in its place is a mistake that somebody should hear of.
  if (pem.includes('PRIVATE KEY')) {
    throw new ConfigError(
      'config-invalid',
      `${where} holds a private key where a public one belongs; replace it, and move the private key to where \`weir deploy\` runs`,
    )
  }
  return ed25519(() => createPublicKey(pem), where)
}

/** @param where names the source in errors  @throws ConfigError `config-invalid` unless it is 64 hex digits or more */
export function parseMacSecret(text: string, where: string): Buffer {
  const hex = text.trim()
  if (/^([0-9a-f]{2}){32,}$/i.test(hex)) return Buffer.from(hex, 'hex')
  throw new ConfigError(
    'config-invalid',
    `${where} holds no MAC secret; it needs 64 hex digits or more, as \`openssl rand -hex 32\` writes them`,
  )
}

/** By key id, as `verifyControl` takes them. */
export const publicKeysOf = (keys: readonly KeyObject[]): ReadonlyMap<string, KeyObject> =>
  new Map(keys.map((key) => [keyIdOf(key), key]))
