import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { keyFiles, loadOrCreateKeys } from '../../src/record/key-files.ts'
import {
  generateKeys,
  keyIdOf,
  macSecretText,
  parseMacSecret,
  parsePrivateKey,
  parsePublicKey,
  privateKeyPem,
  publicKeyPem,
} from '../../src/record/keys.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-keys-'))
})

afterEach(() => rm(folder, { recursive: true }))

describe('loadOrCreateKeys', () => {
  test('makes keys in a folder that is not there yet, and finds them again', async () => {
    const within = join(folder, 'data', 'keys')
    const made = await loadOrCreateKeys(within)
    const found = await loadOrCreateKeys(within)
    expect(found.keyId).toBe(made.keyId)
    expect(privateKeyPem(found.privateKey)).toBe(privateKeyPem(made.privateKey))
    expect(found.macSecret).toEqual(made.macSecret)
    expect((await readdir(within)).sort()).toEqual(Object.values(keyFiles).sort())
  })

  test('keeps secrets from other users of the machine', async () => {
    await loadOrCreateKeys(folder)
    for (const name of [keyFiles.privateKey, keyFiles.macSecret]) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    }
    const shared = parsePublicKey(await readFile(join(folder, keyFiles.publicKey), 'utf8'), 'the file')
    expect(keyIdOf(shared)).toBe((await loadOrCreateKeys(folder)).keyId)
  })

  test('gives everybody the same keys when several ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKeys(folder)))
    expect(new Set(all.map(({ keyId }) => keyId)).size).toBe(1)
    expect(new Set(all.map(({ macSecret }) => macSecret.toString('hex'))).size).toBe(1)
    expect(await readdir(folder)).toHaveLength(3)
  })

  test('does not replace a file that holds something else', async () => {
    await writeFile(join(folder, keyFiles.privateKey), 'mine')
    await expect(loadOrCreateKeys(folder)).rejects.toThrow(ConfigError)
    expect(await readFile(join(folder, keyFiles.privateKey), 'utf8')).toBe('mine')
  })

  test('names a path that it cannot use', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(loadOrCreateKeys(join(folder, 'file', 'keys'))).rejects.toThrow(ConfigError)
  })
})

describe('key texts', () => {
  const keys = generateKeys()

  test('read back what was written', () => {
    expect(parsePrivateKey(privateKeyPem(keys.privateKey), 'k').equals(keys.privateKey)).toBe(true)
    expect(parsePublicKey(publicKeyPem(keys.publicKey), 'k').equals(keys.publicKey)).toBe(true)
    expect(parseMacSecret(macSecretText(keys.macSecret), 'k')).toEqual(keys.macSecret)
    expect(keys.keyId).toMatch(/^[0-9a-f]{16}$/)
  })

  test('refuse a private key in the place of a public one', () => {
    expect(() => parsePublicKey(privateKeyPem(keys.privateKey), 'publicKeys[0]')).toThrow(
      /publicKeys\[0\].*private key/,
    )
  })

  test('refuse other kinds of keys, and what is no key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(() => parsePrivateKey(privateKeyPem(privateKey), 'k')).toThrow(/k holds a key of type ec/)
    expect(() => parsePublicKey(publicKeyPem(publicKey), 'k')).toThrow(ConfigError)
    expect(() => parsePublicKey('x', 'k')).toThrow(/k holds no PEM key/)
  })

  test.each(['', 'short', '0'.repeat(62), '0'.repeat(65), 'g'.repeat(64)])('refuse "%s" as a MAC secret', (text) => {
    expect(() => parseMacSecret(text, 'mac.key')).toThrow(ConfigError)
  })
})
