import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { stateStoreError } from '../../../src/state/engines/failures.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'

const caused = (message: string, code?: string) =>
  new Error('Database is not open', { cause: Object.assign(new Error(message), code && { code }) })

describe('what an engine throws gets a code', () => {
  test.each([
    ['IO error: No space left on device: While appending to file: /d/000010.log', 'LEVEL_IO_ERROR', 'disk-full'],
    ['IO error: /d/000010.log: No space left on device', 'LEVEL_IO_ERROR', 'disk-full'],
    ["ENOSPC: no space left on device, mkdir '/d'", 'ENOSPC', 'disk-full'],
    ['IO error: lock hold by current process: /d/LOCK: No locks available', 'LEVEL_LOCKED', 'store-locked'],
    ['IO error: lock /d/LOCK: already held by process', 'LEVEL_LOCKED', 'store-locked'],
    ['Corruption: block checksum mismatch', 'LEVEL_CORRUPTION', 'store-corrupted'],
    ['IO error: No such file or directory: While opening /d/MANIFEST-000005', 'LEVEL_IO_ERROR', 'store-corrupted'],
    ["EACCES: permission denied, mkdir '/d'", 'EACCES', 'store-unavailable'],
    ['IO error: /d/000010.log: Input/output error', 'LEVEL_IO_ERROR', 'store-unavailable'],
  ])('%s', (message, code, expected) => {
    const error = stateStoreError(caused(message, code), '/d')
    expect(error).toMatchObject({ name: 'StateStoreError', code: expected })
    expect(error.message).toContain(message)
  })

  test('a StateStoreError stays itself', () => {
    const error = stateStoreError(new Error('Corruption: x'), '/d')
    expect(stateStoreError(error, '/d')).toBe(error)
  })
})

describe.each(['rocksdb', 'level'] as const)('a damaged database of %s', (name) => {
  const engine = stateEngine(name)
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), `weir-damage-${name}-`))
    const db = await engine.open(folder, ['a'])
    await db.write(
      Array.from({ length: 5000 }, (_, n) => ({
        column: 'a',
        key: Buffer.from(`key-${n}`),
        value: Buffer.alloc(1000, `${n * n}`),
      })),
    )
    await db.close()
    // Opening moves what the write-ahead log holds to table files, so that there is more to damage.
    await (await engine.open(folder, ['a'])).close()
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  const filesLike = async (pattern: RegExp) =>
    (await readdir(folder)).filter((file) => pattern.test(file)).map((file) => join(folder, file))

  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'table files cut short',
      async () => {
        const tables = await filesLike(/\.(sst|ldb)$/)
        expect(tables).not.toEqual([])
        for (const file of tables) await truncate(file, 100)
      },
    ],
    [
      'table files garbled',
      async () => {
        for (const file of await filesLike(/\.(sst|ldb)$/)) {
          const bytes = await readFile(file)
          await writeFile(
            file,
            bytes.map((byte, n) => (n < bytes.length * 0.9 ? byte ^ 0x5a : byte)),
          )
        }
      },
    ],
    [
      'table files missing',
      async () => {
        for (const file of await filesLike(/\.(sst|ldb)$/)) await rm(file)
      },
    ],
    [
      'the manifest missing',
      async () => {
        for (const file of await filesLike(/MANIFEST/)) await rm(file)
      },
    ],
    ['CURRENT overwritten', () => writeFile(join(folder, 'CURRENT'), 'rubbish')],
    ['CURRENT missing', () => rm(join(folder, 'CURRENT'))],
  ]

  test.each(damages)('is store-corrupted when opened or read: %s', async (_, damage) => {
    await damage()
    const use = async () => {
      const db = await engine.open(folder, ['a'])
      try {
        await db.getRanges('a', [{ gte: Buffer.alloc(0) }])
      } finally {
        await db.close()
      }
    }
    await expect(use()).rejects.toMatchObject({ name: 'StateStoreError', code: 'store-corrupted' })
  })
})

test('a file in the place of the folder is store-unavailable', async () => {
  const root = await mkdtemp(join(tmpdir(), 'weir-place-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await writeFile(join(root, 'state'), '')
  for (const name of ['rocksdb', 'level'] as const) {
    await expect(stateEngine(name).open(join(root, 'state'), ['a'])).rejects.toMatchObject({
      code: 'store-unavailable',
    })
  }
})
