import type { StateEngine } from '../engine.ts'
import { levelEngine } from './level.ts'
import { memoryEngine } from './memory.ts'
import { rocksDbEngine, rocksDbLoads } from './rocksdb.ts'

/**
 * The engine of that name, RocksDB where its native module loads and Level elsewhere when there is none. Each call for `memory`
 * gives a new one, with nothing in it.
 * @param memoryBytes what RocksDB takes in memory for each database; default 48 MiB
 */
export function stateEngine(name?: StateEngine['name'], memoryBytes?: number): StateEngine {
  switch (name ?? (rocksDbLoads() ? 'rocksdb' : 'level')) {
    case 'rocksdb':
      return rocksDbEngine(memoryBytes)
    case 'level':
      return levelEngine
    case 'memory':
      return memoryEngine()
  }
}

/** RocksDB where its native module loads, Level elsewhere. */
export const defaultEngine = (): StateEngine => stateEngine()
