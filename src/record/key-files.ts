import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../errors.ts'
import {
  generateKeys,
  type Keys,
  keysOf,
  macSecretText,
  parseMacSecret,
  parsePrivateKey,
  privateKeyPem,
  publicKeyPem,
} from './keys.ts'

/** In a log's folder. */
export const keyFiles = {
  privateKey: 'control-private.pem',
  publicKey: 'control-public.pem',
  macSecret: 'mac.key',
} as const

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError('config-unreadable', `${path} cannot be read; give the user that runs Weir access to it`, {
      cause: error,
    })
  }
}

/**
 * Writes a file whole or not at all, synced to disk, and never over another: of two writers the first wins. Secrets are
 * for the owner alone (mode 600) from the first moment.
 */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new ConfigError(
      'config-unreadable',
      `${path} cannot be written; give the user that runs Weir access to its folder`,
      { cause: error },
    )
  } finally {
    await rm(draft, { force: true })
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new ConfigError(
      'config-unreadable',
      `${folder} cannot be made; name a folder that the user that runs Weir may write`,
      { cause },
    )
  }
}

async function readOrWrite(path: string, make: () => string, mode: number): Promise<string> {
  const known = await read(path)
  if (known !== undefined) return known
  await writeNew(path, make(), mode)
  return (await read(path))!
}

/**
 * The keys in `folder` (made if absent), made at the first call and the same ever after, also when several processes ask
 * at once. Private key and secret have mode 600; the public key lies beside them for others to copy.
 *
 * @throws ConfigError `config-unreadable`, or `config-invalid` when a file holds something else
 */
export async function loadOrCreateKeys(folder: string): Promise<Keys> {
  await makeFolder(folder)
  const path = (name: keyof typeof keyFiles): string => join(folder, keyFiles[name])
  const privatePem = await readOrWrite(path('privateKey'), () => privateKeyPem(generateKeys().privateKey), 0o600)
  const secretText = await readOrWrite(path('macSecret'), () => macSecretText(generateKeys().macSecret), 0o600)
  const keys = keysOf(parsePrivateKey(privatePem, path('privateKey')), parseMacSecret(secretText, path('macSecret')))
  await readOrWrite(path('publicKey'), () => publicKeyPem(keys.publicKey), 0o644)
  return keys
}
