import { afterEach, expect, test, vi } from 'vitest'

const binding = '../../../src/state/engines/rocksdb-binding.ts'
const load = () => import('../../../src/state/engines/index.ts')

afterEach(() => {
  vi.doUnmock(binding)
  vi.resetModules()
})

test('the default engine is RocksDB where its native module loads', async () => {
  vi.doMock(binding, () => ({ loadRocksLevel: () => class {} }))
  expect((await load()).defaultEngine().name).toBe('rocksdb')
})

test('the default engine is Level where it does not', async () => {
  vi.doMock(binding, () => ({
    loadRocksLevel: () => {
      throw new Error('No native build was found')
    },
  }))
  expect((await load()).defaultEngine().name).toBe('level')
})

test('each memory engine begins empty', async () => {
  const { stateEngine } = await load()
  const [one, other] = [stateEngine('memory'), stateEngine('memory')]
  const db = await one.open('state', ['a'])
  await db.write([{ column: 'a', key: Buffer.from('x'), value: Buffer.from('1') }])
  expect((await other.open('state', ['a'])).getSync('a', Buffer.from('x'))).toBeUndefined()
})
