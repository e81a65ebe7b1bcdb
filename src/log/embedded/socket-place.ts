import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The shortest limit of the systems we run on is 104 bytes, with the closing zero. */
const longestPathBytes = 100
const recordName = 'log.sock.path'

const besideData = (folder: string): string => join(folder, 'log.sock')

/** Where the owner of the folder listens, if there is one. */
export async function findSocket(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, recordName), 'utf8')
  } catch {
    return besideData(folder)
  }
}

/**
 * Removes what a dead owner left and says where to listen: in the folder or, when that path is too long for a socket,
 * in a private folder for temporary files, which a file in the data folder names. Only for the holder of the lock.
 */
export async function placeSocket(folder: string): Promise<string> {
  await removeSocket(folder)
  const path = besideData(folder)
  if (Buffer.byteLength(path) <= longestPathBytes) return path
  const elsewhere = join(await mkdtemp(join(tmpdir(), 'weir-log-')), 'log.sock')
  await writeFile(join(folder, recordName), elsewhere)
  return elsewhere
}

export async function removeSocket(folder: string): Promise<void> {
  const path = await findSocket(folder)
  await rm(path, { force: true })
  if (path === besideData(folder)) return
  if (dirname(dirname(path)) === tmpdir()) await rm(dirname(path), { recursive: true, force: true })
  await rm(join(folder, recordName), { force: true })
}
