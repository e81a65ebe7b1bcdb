import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { StateDb } from '../../src/state/engine.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { rocksDbEngine } from '../../src/state/engines/rocksdb.ts'
import { keyBytes, timestampedBytes, windowKey, windowPrefix } from '../../src/state/keys.ts'
import { type ChangelogBatch, restore } from '../../src/state/restore.ts'
import { readSystem } from '../../src/state/system.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { segmentedKey } from '../../src/state/window-segments.ts'
import { restoreBatches, restoreEnd } from './restore-fixture.ts'
import { allStores, amounts, contentOf, names, seen, withMethods } from './state-fixture.ts'

let db: StateDb

beforeEach(async () => {
  db = await memoryEngine().open('state', columnsOf(allStores))
})

const offsetOf = async (store: { readonly name: string }) => (await readSystem(db)).changelogOffsets.get(store.name)

async function* given(...batches: ChangelogBatch[]): AsyncGenerator<ChangelogBatch> {
  yield* batches
}

const entry = (key: string, value: string | null) => ({
  key: keyBytes(key),
  value: value === null ? null : Buffer.from(value),
})

async function complete(): Promise<StateDb> {
  const whole = await memoryEngine().open('whole', columnsOf(allStores))
  await restore({ db: whole, store: names, batches: restoreBatches(0), from: 0, to: restoreEnd })
  return whole
}

describe('a restore', () => {
  test('puts and deletes, and ends at the position behind the last batch, markers included', async () => {
    const batches = given(
      { entries: [entry('a', '1'), entry('b', '2')], nextOffset: 2 },
      { entries: [entry('a', null), entry('c', '')], nextOffset: 5 },
      { entries: [], nextOffset: 9 },
    )
    expect(await restore({ db, store: names, batches, from: 0, to: 9 })).toBe(9)
    expect((await contentOf(db, names.name)).map(({ key, value }) => [String(key), String(value)])).toEqual([
      ['b', '2'],
      ['c', ''],
    ])
    expect(await offsetOf(names)).toBe(9)
  })

  test('stops reading at the end, and closes the reader', async () => {
    let closed = false
    async function* endless(): AsyncGenerator<ChangelogBatch> {
      try {
        for (let offset = 1; ; offset++) yield { entries: [entry('a', String(offset))], nextOffset: offset }
      } finally {
        closed = true
      }
    }
    expect(await restore({ db, store: names, batches: endless(), from: 0, to: 7 })).toBe(7)
    expect(closed).toBe(true)
  })

  test('says how far it came when the batches end before', async () => {
    const batches = given({ entries: [entry('a', '1')], nextOffset: 3 })
    expect(await restore({ db, store: names, batches, from: 0, to: 9 })).toBe(3)
    expect(await offsetOf(names)).toBe(3)
  })

  test('does nothing when there is nothing to do', async () => {
    expect(await restore({ db, store: names, batches: given(), from: 9, to: 9 })).toBe(9)
    expect(await offsetOf(names)).toBeUndefined()
  })

  test('writes entries and the reached position together, in batches of the given size', async () => {
    const sizes: number[] = []
    const counting = withMethods(db, {
      write(changes) {
        sizes.push(changes.filter(({ column }) => column === names.name).length)
        return db.write(changes)
      },
    })
    const seenOffsets: number[] = []
    await restore({
      db: counting,
      store: names,
      batches: restoreBatches(0),
      from: 0,
      to: restoreEnd,
      batchEntries: 25,
      onProgress: ({ offset }) => seenOffsets.push(offset),
    })
    expect(sizes).toEqual([27, 27, 27, 9])
    expect(seenOffsets).toEqual([30, 60, 90, 100])
  })

  test('resumes from the stored position after a failure, wherever it was', async () => {
    const whole = await contentOf(await complete(), names.name)
    for (let cut = 0; cut <= 10; cut++) {
      db = await memoryEngine().open('state', columnsOf(allStores))
      async function* failing(): AsyncGenerator<ChangelogBatch> {
        let left = cut
        for await (const batch of restoreBatches(0)) {
          if (left-- === 0) throw new Error('the reader failed')
          yield batch
        }
        throw new Error('the reader failed')
      }
      const to = cut === 10 ? restoreEnd + 1 : restoreEnd
      const attempt = restore({ db, store: names, batches: failing(), from: 0, to, batchEntries: 10 })
      await expect(attempt).rejects.toThrow('the reader failed')
      const from = (await offsetOf(names)) ?? 0
      expect(from % 20).toBe(0)
      await restore({ db, store: names, batches: restoreBatches(from), from, to: restoreEnd })
      expect(await contentOf(db, names.name)).toEqual(whole)
    }
  })

  test('passes over window entries past their retention', async () => {
    const at = (timeMs: number) => ({ key: windowKey(windowPrefix('w'), timeMs, 0), value: Buffer.from([1]) })
    const batches = given({ entries: [at(0), at(5), at(4)], nextOffset: 3 })
    await restore({ db, store: amounts, batches, from: 0, to: 3, streamTimeMs: 15 })
    expect(await contentOf(db, amounts.name)).toEqual([{ ...at(5), key: segmentedKey(amounts, at(5).key, 5) }])
  })

  test('an expired value does not bring back the one that it replaced', async () => {
    const at = (timeMs: number) => ({ key: keyBytes('x'), value: timestampedBytes(timeMs, Buffer.from('v')) })
    const batches = given({ entries: [at(9), at(1)], nextOffset: 2 })
    await restore({ db, store: seen, batches, from: 0, to: 2, streamTimeMs: 15 })
    expect(await contentOf(db, seen.name)).toEqual([])
  })

  test('a process that is killed between batches loses nothing', async () => {
    const root = await mkdtemp(join(tmpdir(), 'weir-restore-'))
    onTestFinished(() => rm(root, { recursive: true }))
    const folder = join(root, 'state')
    const run = async (failPoint?: string) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'restorer.ts'), folder], {
        env: { ...process.env, ...(failPoint && { WEIR_FAIL_POINT: failPoint }) },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const output: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
      const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
      return { code, signal, began: Number(Buffer.concat(output).toString()) }
    }
    expect(await run('in-restore:3')).toMatchObject({ signal: 'SIGKILL' })
    expect(await run()).toEqual({ code: 0, signal: null, began: 60 })
    const restored = await rocksDbEngine().open(folder, columnsOf([names]))
    expect(await contentOf(restored, names.name)).toEqual(await contentOf(await complete(), names.name))
    await restored.close()
  })
})
