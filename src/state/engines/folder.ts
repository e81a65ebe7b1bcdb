import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of the files in a database's folder; a file that a compaction removes meanwhile counts nothing. */
export async function folderBytes(folder: string): Promise<number> {
  let total = 0
  for (const name of await readdir(folder)) {
    const file = await stat(join(folder, name)).catch(() => undefined)
    if (file?.isFile()) total += file.size
  }
  return total
}

/** Deletes a folder and what is in it; nothing happens when there is none. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
