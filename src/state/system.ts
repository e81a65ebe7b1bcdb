import { StateStoreError } from '../errors.ts'
import type { Change, StateDb } from './engine.ts'
import { keyBytes, readOrdered, writeOrdered } from './keys.ts'

/** The column of what a task knows about its own state; no store may have this name. */
export const systemColumn = 'system'

/** Counts up when the layout of keys or values changes. */
export const formatVersion = 2

/** How far the state in a database has come. */
export interface SystemState {
  /** `undefined` in a new database. */
  readonly formatVersion: number | undefined
  /** By store: the offset in its changelog up to which the database has everything. */
  readonly changelogOffsets: ReadonlyMap<string, number>
}

const keys = {
  formatVersion: 'format-version',
  changelogOffset: 'changelog-offset/',
  sweepCursor: 'sweep-cursor/',
}

/** Where a sweep goes on in a store's column. */
export const sweepCursorKey = (store: string): Buffer => keyBytes(keys.sweepCursor + store)

function numberChange(key: string, number: number): Change {
  const value = Buffer.allocUnsafe(8)
  writeOrdered(value, number, 0)
  return { column: systemColumn, key: keyBytes(key), value }
}

/** What is to be written with a batch so that state and position move together; what is left out stays as it was. */
export function systemChanges(state: Partial<Omit<SystemState, 'formatVersion'>>): Change[] {
  const changes = [numberChange(keys.formatVersion, formatVersion)]
  for (const [store, offset] of state.changelogOffsets ?? []) {
    changes.push(numberChange(keys.changelogOffset + store, offset))
  }
  return changes
}

/**
 * Reads what `systemChanges` wrote; other records in the column are passed over.
 * @throws StateStoreError `store-corrupted` when another version of Weir wrote the database in another format
 */
export async function readSystem(db: StateDb): Promise<SystemState> {
  const [entries = []] = await db.getRanges(systemColumn, [{ gte: Buffer.alloc(0) }])
  let version: number | undefined
  const changelogOffsets = new Map<string, number>()
  for (const entry of entries) {
    const key = entry.key.toString('utf8')
    if (key === keys.formatVersion) version = readOrdered(entry.value, 0)
    else if (key.startsWith(keys.changelogOffset)) {
      changelogOffsets.set(key.slice(keys.changelogOffset.length), readOrdered(entry.value, 0))
    }
  }
  if (version !== undefined && version !== formatVersion) {
    throw new StateStoreError(
      'store-corrupted',
      `the state has format ${version}, this version of Weir reads ${formatVersion}; delete the folder: the state is rebuilt from the changelogs`,
    )
  }
  return { formatVersion: version, changelogOffsets }
}
