import { beforeEach, expect, test } from 'vitest'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { keyBytes } from '../../src/state/keys.ts'
import { formatVersion, readSystem, systemChanges, systemColumn } from '../../src/state/system.ts'

let db: StateDb

beforeEach(async () => {
  db = await memoryEngine().open('state', [systemColumn])
})

test('a new database knows nothing', async () => {
  expect(await readSystem(db)).toEqual({
    formatVersion: undefined,
    changelogOffsets: new Map(),
  })
})

test('what was written is read, and what is left out later stays', async () => {
  await db.write(
    systemChanges({
      changelogOffsets: new Map([
        ['a', 7],
        ['b/1', 8],
      ]),
    }),
  )
  await db.write(systemChanges({ changelogOffsets: new Map([['a', 9]]) }))
  expect(await readSystem(db)).toEqual({
    formatVersion,
    changelogOffsets: new Map([
      ['a', 9],
      ['b/1', 8],
    ]),
  })
})

test('records of others in the column are passed over', async () => {
  await db.write([{ column: systemColumn, key: Buffer.from('position'), value: Buffer.from('{}') }])
  expect((await readSystem(db)).formatVersion).toBeUndefined()
})

test('another format is refused as store-corrupted', async () => {
  const [version] = systemChanges({})
  const value = Buffer.from(version!.value!)
  value[7]! += 1
  await db.write([{ column: systemColumn, key: keyBytes('format-version'), value }])
  await expect(readSystem(db)).rejects.toMatchObject({ name: 'StateStoreError', code: 'store-corrupted' })
})
