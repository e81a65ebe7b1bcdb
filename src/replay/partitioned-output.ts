import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '../errors.ts'

/**
 * Text that is made for several partitions at once and read partition by partition: each grows in a file of its own until
 * `finish` puts them together.
 */
export class PartitionedOutput {
  readonly #path: string
  readonly #folder: string
  readonly #parts: readonly FileHandle[]

  private constructor(path: string, folder: string, parts: readonly FileHandle[]) {
    this.#path = path
    this.#folder = folder
    this.#parts = parts
  }

  /** @param path a file, which is begun anew; `-` is standard output. @throws ConfigError `config-unreadable` */
  static async open(path: string, partitions: number): Promise<PartitionedOutput> {
    if (path !== '-') await (await openForWriting(path)).close()
    const folder = await mkdtemp(join(tmpdir(), 'weir-output-'))
    const names = Array.from({ length: partitions }, (_, partition) => join(folder, String(partition)))
    return new PartitionedOutput(path, folder, await Promise.all(names.map((name) => open(name, 'w'))))
  }

  async write(partition: number, text: string): Promise<void> {
    await this.#parts[partition]!.write(text)
  }

  async finish(): Promise<void> {
    for (const partition of this.#parts.keys()) {
      const part = createReadStream(join(this.#folder, String(partition)))
      if (this.#path === '-') await pipeline(part, process.stdout, { end: false })
      else await pipeline(part, createWriteStream(this.#path, { flags: 'a' }))
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#parts.map((part) => part.close()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function openForWriting(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w')
  } catch (cause) {
    throw new ConfigError(
      'config-unreadable',
      `${path} cannot be written (${(cause as NodeJS.ErrnoException).code}); name another file`,
      { cause },
    )
  }
}
