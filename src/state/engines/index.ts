import type { StateEngine } from '../engine.ts'
import { levelEngine } from './level.ts'
import { memoryEngine } from './memory.ts'
import { rocksDbEngine, rocksDbLoads } from './rocksdb.ts'

/** The engine of that name. Each call for `memory` gives a new one, with nothing in it. */
export function stateEngine(name: StateEngine['name']): StateEngine {
  if (name === 'rocksdb') return rocksDbEngine
  return name === 'level' ? levelEngine : memoryEngine()
}

/** RocksDB where its native module loads, Level elsewhere. */
export const defaultEngine = (): StateEngine => (rocksDbLoads() ? rocksDbEngine : levelEngine)
