import type { KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '../errors.ts'
import { loadOrCreateKeys } from '../record/key-files.ts'
import { parsePrivateKey } from '../record/keys.ts'
import type { WeirConfig } from '../runtime/config.ts'

const missing =
  'control lines need a signature; set signing.privateKeyFile (WEIR_SIGNING_PRIVATE_KEY_FILE), or signing.unsigned where the application runs so'

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
  return log.kind === 'embedded' ? (await loadOrCreateKeys(log.dataDir)).privateKey : missing
}

/** @throws ConfigError `config-unreadable` */
export async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigError(
      'config-unreadable',
      `${path} cannot be read (${code}); correct its path or its permissions`,
      { cause },
    )
  }
}
