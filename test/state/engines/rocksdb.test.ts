import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rocksDbEngine } from '../../../src/state/engines/rocksdb.ts'
import { stateEngineContract } from '../../contract/state-engine.ts'
import { eventually } from '../../support/eventually.ts'

stateEngineContract('rocksdb', { create: () => rocksDbEngine(), onDisk: true })

describe('memory of a database', () => {
  const columns = ['a', 'b', 'c', 'd']
  const mib = 1024 * 1024

  /** Writes 3 MiB to one of four columns; gives a count of the table files, into which write buffers go when they are full. */
  async function tablesOf(memoryBytes: number): Promise<() => Promise<number>> {
    const folder = await mkdtemp(join(tmpdir(), 'weir-rocksdb-'))
    const db = await rocksDbEngine(memoryBytes).open(folder, columns)
    onTestFinished(async () => {
      await db.close()
      await rm(folder, { recursive: true, force: true })
    })
    const value = Buffer.alloc(1024, 'v')
    for (let n = 0; n < 3 * 1024; n++) await db.write([{ column: 'a', key: Buffer.from(`key-${n}`), value }])
    return async () => (await readdir(folder)).filter((name) => name.endsWith('.sst')).length
  }

  it('is shared by its columns: buffers beyond their part go to disk', async () => {
    const tables = await tablesOf(4 * mib)
    await eventually(async () => expect(await tables()).toBeGreaterThan(0))
  })

  it('lets larger parts keep more of what was written', async () => {
    const tables = await tablesOf(128 * mib)
    expect(await tables()).toBe(0)
  })
})
