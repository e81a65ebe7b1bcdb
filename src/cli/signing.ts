import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '../errors.ts'
import { loadOrCreateKeys } from '../record/key-files.ts'
import { parseMacSecret, parsePrivateKey, parsePublicKey, publicKeysOf } from '../record/keys.ts'
import { type Authenticity, signedBy, unsigned } from '../rules/authenticity.ts'
import type { WeirConfig } from '../runtime/config.ts'

const noPrivateKey =
  'control lines need a signature; set signing.privateKeyFile (WEIR_SIGNING_PRIVATE_KEY_FILE), or signing.unsigned where the application runs so'

const noKeys =
  'on Kafka Weir needs keys, because whoever may write events could otherwise write rules and decisions: set signing.publicKeys and signing.macSecretFile (WEIR_SIGNING_PUBLIC_KEYS, WEIR_SIGNING_MAC_SECRET_FILE), or start with --unsigned to believe everybody who may write to the topic'

/**
 * What signs control records: the configured key, or the embedded log's own; `unsigned` where that is configured; a text
 * where there is none.
 * @throws ConfigError when a key is there and cannot be read
 */
export async function signerOf({ log, signing }: WeirConfig): Promise<KeyObject | string> {
  if (signing.privateKeyFile !== undefined) {
    return parsePrivateKey(await fileText(signing.privateKeyFile), signing.privateKeyFile)
  }
  if (signing.unsigned) return 'unsigned'
  return log.kind === 'embedded' ? (await loadOrCreateKeys(log.dataDir)).privateKey : noPrivateKey
}

/**
 * Whom the application believes: those with the configured keys, on the embedded log also those with its own.
 * @throws ConfigError `keys-missing` on Kafka without keys and without `signing.unsigned`
 */
export async function authenticityOf({ appId, log, signing }: WeirConfig): Promise<Authenticity> {
  if (signing.unsigned) return unsigned(appId)
  const own = log.kind === 'embedded' ? await loadOrCreateKeys(log.dataDir) : undefined
  const { publicKeys: files, macSecretFile } = signing
  if (own === undefined && (files.length === 0 || macSecretFile === undefined)) {
    throw new ConfigError('keys-missing', noKeys)
  }
  const configured = await Promise.all(files.map(async (path) => parsePublicKey(await fileText(path), path)))
  const macSecret =
    macSecretFile === undefined ? own!.macSecret : parseMacSecret(await fileText(macSecretFile), macSecretFile)
  return signedBy(appId, { publicKeys: publicKeysOf([...(own ? [own.publicKey] : []), ...configured]), macSecret })
}

/** @throws ConfigError `config-unreadable` */
async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError(
      'config-unreadable',
      `${path} cannot be read (${code}); correct its path or its permissions`,
      {
        cause,
      },
    )
  }
}
