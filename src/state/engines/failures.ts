import { type StateStoreCode, StateStoreError } from '../../errors.ts'

/** The messages of an error and of everything that caused it; abstract-level hides the engine's own behind `cause`. */
function story(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) {
    parts.push(`${'code' in at ? String(at.code) : ''} ${at.message}`.trim())
  }
  return parts.length > 0 ? parts.join(': ') : String(error)
}

// LevelDB and RocksDB call some damage an IO error: a file of theirs that is missing or too short.
const damage = /LEVEL_CORRUPTION|Corruption: |IO error: .*(No such file|\.ldb: Invalid argument)/i

// The order counts: a full disk and a lock are IO errors about files too.
const signs: readonly (readonly [RegExp, StateStoreCode, string])[] = [
  [/ENOSPC|No space left/i, 'disk-full', 'make room on the disk and start again'],
  [/LEVEL_LOCKED|IO error: lock /i, 'store-locked', 'stop the process that holds it, or use another data folder'],
  [damage, 'store-corrupted', 'delete the folder: the state is rebuilt from the changelogs'],
  [/(?:)/, 'store-unavailable', 'check that the folder can be read and written'],
]

/** What an engine threw as a StateStoreError with its code and remedy. */
export function stateStoreError(error: unknown, folder: string): StateStoreError {
  if (error instanceof StateStoreError) return error
  const text = story(error)
  const [, code, remedy] = signs.find(([pattern]) => pattern.test(text))!
  return new StateStoreError(code, `the state in ${folder} failed: ${text}; ${remedy}`, { cause: error })
}

/** What every operation of a closed database throws. */
export const closedError = (folder: string): StateStoreError =>
  new StateStoreError('store-unavailable', `the state in ${folder} is closed; open it before using it`)

/** A column that `open` was not told of. */
export const columnError = (folder: string, column: string): StateStoreError =>
  new StateStoreError('store-unavailable', `the state in ${folder} has no column ${column}; name it when opening`)
