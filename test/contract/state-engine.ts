import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Change, KeyRange, StateDb, StateEngine } from '../../src/state/engine.ts'
import { entriesByKeyModel, type ModelOp, modelOps } from './state-engine-model.ts'

export interface StateEngineUnderTest {
  readonly create: () => StateEngine
  /** False when nothing outlives the process: the tests with a second process are left out. */
  readonly onDisk: boolean
}

const put = (column: string, key: Buffer | string, value: Buffer | string): Change => ({
  column,
  key: Buffer.from(key),
  value: Buffer.from(value),
})
const del = (column: string, key: Buffer | string): Change => ({ column, key: Buffer.from(key), value: null })
const everything: KeyRange = { gte: Buffer.alloc(0) }
const text = (value: Buffer | undefined) => value?.toString()

/** What every state engine must do; run it with each. */
export function stateEngineContract(name: StateEngine['name'], { create, onDisk }: StateEngineUnderTest): void {
  describe(`the ${name} engine`, () => {
    let root: string
    const children: ChildProcess[] = []
    let engine: StateEngine
    let folder: string
    let db: StateDb
    let count = 0

    const reopen = async (columns: readonly string[] = ['a', 'b']) => {
      await db.close()
      db = await engine.open(folder, columns)
    }
    const keysIn = async (column: string, range: KeyRange = everything) => {
      const [entries] = await db.getRanges(column, [range])
      return entries!.map(({ key }) => key.toString('hex'))
    }
    const read = async (column: string, ...keys: string[]) =>
      (
        await db.getMany(
          column,
          keys.map((key) => Buffer.from(key)),
        )
      ).map(text)
    const hold = async (entries: number) => {
      const script = join(import.meta.dirname, '../state/engines/holder.ts')
      const child = spawn(process.execPath, [script, name, folder, String(entries)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      children.push(child)
      await once(child.stdout, 'data')
      return child
    }

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), `weir-${name}-`))
    })

    beforeEach(async () => {
      engine = create()
      folder = join(root, String(count++), 'state')
      db = await engine.open(folder, ['a', 'b'])
    })

    afterEach(async () => {
      for (const child of children.splice(0)) child.kill('SIGKILL')
      await db.close()
    })

    afterAll(() => rm(root, { recursive: true, force: true }))

    test('says its name', () => {
      expect(engine.name).toBe(name)
    })

    test('answers undefined for a key that nobody wrote', async () => {
      expect(await read('a', 'x')).toEqual([undefined])
      expect(db.getSync('a', Buffer.from('x'))).toBeUndefined()
    })

    test('reads many keys at once in the order asked for, gaps and repetitions included', async () => {
      await db.write(Array.from({ length: 1000 }, (_, n) => put('a', `k${n}`, `v${n}`)))
      const asked = Array.from({ length: 3000 }, (_, n) => (n * 7919) % 2000)
      const answers = await read('a', ...asked.map((n) => `k${n}`))
      expect(answers).toEqual(asked.map((n) => (n < 1000 ? `v${n}` : undefined)))
    })

    test('getSync gives what getMany gives', async () => {
      await db.write([put('a', 'x', '1'), put('a', 'empty', '')])
      for (const key of ['x', 'empty', 'none']) {
        expect(text(db.getSync('a', Buffer.from(key)))).toEqual((await read('a', key))[0])
      }
    })

    test('tells an empty value from none', async () => {
      await db.write([put('a', 'x', '')])
      expect(await read('a', 'x', 'y')).toEqual(['', undefined])
    })

    test('takes the empty key as any other, the first of its column', async () => {
      const empty = Buffer.alloc(0)
      await db.write([put('a', 'x', '1'), put('a', empty, '2'), put('b', '\0', '3')])
      expect(await read('a', '', 'x', '')).toEqual(['2', '1', '2'])
      expect(await read('b', '', '\0')).toEqual([undefined, '3'])
      expect(text(db.getSync('a', empty))).toBe('2')
      expect(await keysIn('a')).toEqual(['', '78'])
      expect(await keysIn('a', { gte: empty, lt: Buffer.from('x'), reverse: true })).toEqual([''])
      await reopen()
      expect(await read('a', '')).toEqual(['2'])
      await db.write([del('a', empty)])
      expect(await read('a', '')).toEqual([undefined])
    })

    test('of two changes to a key in one batch the later counts', async () => {
      await db.write([
        put('a', 'x', '1'),
        put('a', 'x', '2'),
        put('a', 'y', '1'),
        del('a', 'y'),
        del('a', 'z'),
        put('a', 'z', '3'),
      ])
      expect(await read('a', 'x', 'y', 'z')).toEqual(['2', undefined, '3'])
    })

    test('deletes, also what is not there', async () => {
      await db.write([put('a', 'x', '1'), put('a', 'y', '2')])
      await db.write([del('a', 'x'), del('a', 'nothing')])
      expect(await read('a', 'x', 'y')).toEqual([undefined, '2'])
      expect(await keysIn('a')).toEqual([Buffer.from('y').toString('hex')])
    })

    test('writes nothing of a batch that fails', async () => {
      await db.write([put('a', 'x', 'old')])
      await expect(
        db.write([put('a', 'x', 'new'), put('a', 'y', 'new'), put('nowhere', 'z', '1')]),
      ).rejects.toMatchObject({
        name: 'StateStoreError',
        code: 'store-unavailable',
      })
      await db.write([put('b', 'after', '1')])
      expect(await read('a', 'x', 'y')).toEqual(['old', undefined])
    })

    test('accepts an empty batch and an empty read', async () => {
      await db.write([])
      expect(await db.getMany('a', [])).toEqual([])
      expect(await db.getRanges('a', [])).toEqual([])
    })

    test('orders keys byte by byte, unsigned, a prefix before what it starts', async () => {
      const ordered = [
        '',
        '00',
        '0000',
        '01',
        '61',
        '6100',
        '6161',
        '7f',
        '7fff',
        '80',
        '8000',
        'fe',
        'ff',
        'ff00',
        'ffff',
      ]
      const unordered = [...ordered.filter((_, n) => n % 2 === 1).reverse(), ...ordered.filter((_, n) => n % 2 === 0)]
      await db.write(unordered.map((hex) => put('a', Buffer.from(hex, 'hex'), hex)))
      expect(await keysIn('a')).toEqual(ordered)
      expect(await keysIn('a', { ...everything, reverse: true })).toEqual(ordered.toReversed())
    })

    test('answers ranges: lower bound included, upper excluded, open end, limit, reverse', async () => {
      await db.write(['10', '20', '30', '40', '50'].map((hex) => put('a', Buffer.from(hex, 'hex'), hex)))
      const bound = (hex: string) => Buffer.from(hex, 'hex')
      expect(await keysIn('a', { gte: bound('20'), lt: bound('40') })).toEqual(['20', '30'])
      expect(await keysIn('a', { gte: bound('21') })).toEqual(['30', '40', '50'])
      expect(await keysIn('a', { gte: bound('20'), limit: 2 })).toEqual(['20', '30'])
      expect(await keysIn('a', { gte: bound('20'), limit: 0 })).toEqual([])
      expect(await keysIn('a', { gte: bound('20'), lt: bound('50'), reverse: true })).toEqual(['40', '30', '20'])
      expect(await keysIn('a', { gte: bound('10'), reverse: true, limit: 2 })).toEqual(['50', '40'])
      expect(await keysIn('a', { gte: bound('15'), lt: bound('45'), reverse: true, limit: 9 })).toEqual([
        '40',
        '30',
        '20',
      ])
      expect(await keysIn('a', { gte: bound('40'), lt: bound('20') })).toEqual([])
      expect(await keysIn('a', { gte: bound('40'), lt: bound('40') })).toEqual([])
      expect(await keysIn('a', { gte: bound('60') })).toEqual([])
    })

    test('answers many ranges in one read, one list each, in order', async () => {
      const key = (n: number) => Buffer.from([n >> 8, n & 255])
      await db.write(Array.from({ length: 2000 }, (_, n) => put('a', key(n), String(n))))
      const ranges = Array.from({ length: 300 }, (_, n) => ({
        gte: key((n * 37) % 2000),
        lt: key(((n * 37) % 2000) + 3),
      }))
      const answers = await db.getRanges('a', ranges)
      expect(answers.map((entries) => entries.map(({ value }) => Number(value)))).toEqual(
        ranges.map((_, n) => [0, 1, 2].map((i) => ((n * 37) % 2000) + i).filter((i) => i < 2000)),
      )
    })

    test('reads a long range whole', async () => {
      const value = Buffer.alloc(200, 1)
      await db.write(Array.from({ length: 20_000 }, (_, n) => put('a', String(n).padStart(6, '0'), value)))
      expect(await keysIn('a')).toHaveLength(20_000)
      expect(await keysIn('a', { ...everything, reverse: true, limit: 15_000 })).toHaveLength(15_000)
    })

    test('keeps columns apart', async () => {
      await db.write([put('a', 'x', 'in a'), put('b', 'x', 'in b'), put('b', 'y', 'in b')])
      expect(await read('a', 'x', 'y')).toEqual(['in a', undefined])
      expect(await read('b', 'x', 'y')).toEqual(['in b', 'in b'])
      expect(await keysIn('a')).toHaveLength(1)
      await db.write([del('a', 'x')])
      expect(await read('b', 'x')).toEqual(['in b'])
    })

    test('keeps columns apart whose names start alike or are odd', async () => {
      const columns = ['a', 'aa', 'a b', 'a, b', 'a/b', 'ä', 'default', 'a%20b']
      await reopen([...columns, 'b'])
      await db.write(columns.map((column) => put(column, 'x', column)))
      await reopen([...columns, 'b'])
      for (const column of columns) expect(await read(column, 'x')).toEqual([column])
      for (const column of columns) expect(await keysIn(column)).toHaveLength(1)
    })

    test('keeps everything when opened again', async () => {
      await db.write([put('a', 'x', '1'), put('b', 'y', '2'), put('b', 'gone', '3')])
      await db.write([del('b', 'gone')])
      await reopen()
      expect(await read('a', 'x')).toEqual(['1'])
      expect(await read('b', 'y', 'gone')).toEqual(['2', undefined])
    })

    test('adds a column later and keeps the columns that are not asked for', async () => {
      await db.write([put('a', 'x', '1'), put('b', 'y', '2')])
      await reopen(['a', 'c'])
      await db.write([put('c', 'z', '3')])
      expect(await read('a', 'x')).toEqual(['1'])
      await expect(db.getMany('b', [Buffer.from('y')])).rejects.toMatchObject({ code: 'store-unavailable' })
      await reopen(['a', 'b', 'c'])
      expect([await read('a', 'x'), await read('b', 'y'), await read('c', 'z')]).toEqual([['1'], ['2'], ['3']])
    })

    test('is locked while it is open', async () => {
      await expect(engine.open(folder, ['a', 'b'])).rejects.toMatchObject({
        name: 'StateStoreError',
        code: 'store-locked',
      })
      await db.write([put('a', 'x', '1')])
      expect(await read('a', 'x')).toEqual(['1'])
    })

    test('deletes a range, lower bound included, upper excluded, in its column alone, for good', async () => {
      const keys = ['10', '20', '2000', '30', '40'].map((hex) => Buffer.from(hex, 'hex'))
      for (const column of ['a', 'b']) await db.write(keys.map((key) => put(column, key, 'x')))
      await db.deleteRange('a', { gte: Buffer.from('20', 'hex'), lt: Buffer.from('40', 'hex') })
      expect(await keysIn('a')).toEqual(['10', '40'])
      expect(db.getSync('a', Buffer.from('20', 'hex'))).toBeUndefined()
      await db.write([put('a', Buffer.from('30', 'hex'), 'anew')])
      await db.deleteRange('a', { gte: Buffer.from('40', 'hex'), lt: Buffer.from('20', 'hex') })
      await db.deleteRange('a', { gte: Buffer.alloc(0), lt: Buffer.from('20', 'hex') })
      await reopen()
      expect(await keysIn('a')).toEqual(['30', '40'])
      expect(await keysIn('b')).toHaveLength(5)
    })

    test('refuses work once closed, and closes twice', async () => {
      await db.close()
      await db.close()
      const key = Buffer.from('x')
      const closed = { name: 'StateStoreError', code: 'store-unavailable' }
      await expect(db.getMany('a', [key])).rejects.toMatchObject(closed)
      await expect(db.getRanges('a', [everything])).rejects.toMatchObject(closed)
      await expect(db.write([put('a', 'x', '1')])).rejects.toMatchObject(closed)
      await expect(db.deleteRange('a', { gte: Buffer.alloc(0), lt: key })).rejects.toMatchObject(closed)
      expect(() => db.getSync('a', key)).toThrow(expect.objectContaining(closed))
    })

    test('takes more bytes as it grows', async () => {
      const before = await db.approximateBytes()
      for (let round = 0; round < 8; round++) {
        await db.write(
          Array.from({ length: 500 }, (_, n) =>
            put('a', `${round}-${n}`, `${round * n} `.repeat(40 + ((n * 31) % 60))),
          ),
        )
      }
      expect(await db.approximateBytes()).toBeGreaterThan(before + 20_000)
    })

    test('destroys a database, and one that is not there', async () => {
      await db.write([put('a', 'x', '1')])
      await db.close()
      await engine.destroy(folder)
      await engine.destroy(folder)
      db = await engine.open(folder, ['a', 'b'])
      expect(await read('a', 'x')).toEqual([undefined])
    })

    test.runIf(onDisk)('says store-locked while another process holds it, and opens when that ends', async () => {
      await db.close()
      const holder = await hold(1)
      await expect(engine.open(folder, ['a', 'b'])).rejects.toMatchObject({ code: 'store-locked' })
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      db = await engine.open(folder, ['a', 'b'])
    })

    test.runIf(onDisk)('has every change of a resolved write after the process was killed', async () => {
      await db.close()
      const holder = await hold(5000)
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      db = await engine.open(folder, ['a', 'b'])
      const keys = Array.from({ length: 5000 }, (_, n) => `key-${n}`)
      const inA = await read('a', ...keys)
      const inB = await read('b', ...keys)
      expect(inA).toEqual(keys.map((_, n) => (n % 2 === 0 ? `value-${n}` : undefined)))
      expect(inB).toEqual(keys.map((_, n) => (n % 2 === 1 ? `value-${n}` : undefined)))
    })

    test('equals a sorted list, whatever is written, read and opened again in between', async () => {
      await fc.assert(
        fc.asyncProperty(modelOps, async (ops) => {
          await db.close()
          await engine.destroy(folder)
          db = await engine.open(folder, ['a', 'b'])
          const model = entriesByKeyModel()
          for (const op of ops) await agree(op, model)
        }),
        { numRuns: Number(process.env.WEIR_PROPERTY_RUNS ?? 60) },
      )
    })

    async function agree(op: ModelOp, model: ReturnType<typeof entriesByKeyModel>): Promise<void> {
      if (op.type === 'reopen') return reopen()
      if (op.type === 'write') {
        model.write(op.changes)
        return db.write(op.changes)
      }
      if (op.type === 'range') {
        const [found] = await db.getRanges(op.column, [op.range])
        expect(found!.map(({ key, value }) => [key.toString('hex'), value.toString('hex')])).toEqual(
          model.range(op.column, op.range),
        )
        return
      }
      const expected = op.keys.map((key) => model.get(op.column, key))
      expect((await db.getMany(op.column, op.keys)).map((value) => value?.toString('hex'))).toEqual(expected)
      expect(op.keys.map((key) => db.getSync(op.column, key)?.toString('hex'))).toEqual(expected)
    }
  })
}
