import type { StateEngine } from './engine.ts'
import { stateEngine } from './engines/index.ts'

/** What a task's state may take in memory, MiB, unless the configuration says otherwise. */
export const defaultTaskMemoryMb = 128

/** How a task's memory is spent. */
export interface TaskMemory {
  readonly engine: StateEngine
  readonly cacheBytes: number
  readonly writeBehindBytes: number
}

/**
 * Divides what each task's state may take in memory: a third for cached rows and values, a third for commits that the local state
 * does not have yet, and a third for the database's write buffers and blocks. Histories, which features have their windows in, take
 * twice the cache on top.
 * @param name the engine; default as for `stateEngine`
 */
export function taskMemory(bytes: number, name?: StateEngine['name']): TaskMemory {
  const third = bytes / 3
  return { engine: stateEngine(name, third), cacheBytes: third, writeBehindBytes: third }
}
