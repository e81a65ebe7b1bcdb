import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StateEngine } from '../state/engine.ts'
import { stateStoreError } from '../state/engines/failures.ts'

/** Lies in an application's folder of local state. */
export const instanceFile = 'instance'

/**
 * Whose local state a member has: the same for all that use one state folder, threads and processes, and after a restart. It
 * is kept in the folder; state in memory has nobody to share it with.
 * @throws StateStoreError `disk-full`, `store-unavailable`
 */
export async function instanceIdOf(folder: string, engine: StateEngine): Promise<string> {
  if (engine.name === 'memory') return randomUUID()
  const file = join(folder, instanceFile)
  try {
    return (await readIfThere(file)) ?? (await write(file, folder))
  } catch (error) {
    throw stateStoreError(error, folder)
  }
}

/** Whoever is first says it. */
async function write(file: string, folder: string): Promise<string> {
  const own = `${file}.${randomUUID()}`
  await mkdir(folder, { recursive: true })
  await writeFile(own, randomUUID())
  // A link is there with all its content or not at all.
  await link(own, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await unlink(own)
  return readFile(file, 'utf8')
}

const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
