import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Cli } from './cli.ts'
import { UsageError } from './failure.ts'

/** Writes lines to a file, or to standard output for `-`. */
export interface LineFile {
  write(line: string): Promise<void>
  /** Resolves when everything is in the file. */
  close(): Promise<void>
}

/** Makes the file anew. @throws UsageError when it cannot be written */
export async function openLineFile(path: string, cli: Pick<Cli, 'out'>): Promise<LineFile> {
  if (path === '-') return { write: (line) => cli.out.line(line), close: async () => {} }
  const stream = createWriteStream(path, { highWaterMark: 1 << 18 })
  try {
    await once(stream, 'open')
  } catch (error) {
    throw new UsageError(
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code}); name a file in a folder that is there`,
    )
  }
  return { write: (line) => written(stream, `${line}\n`), close: () => closed(stream) }
}

async function written(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}

async function closed(stream: WriteStream): Promise<void> {
  stream.end()
  await finished(stream)
}
