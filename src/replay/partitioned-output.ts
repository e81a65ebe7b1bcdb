import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdtemp, open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ConfigError } from '../errors.ts'

const chunkBytes = 1 << 20
const newline = Buffer.from('\n')

/**
 * Lines that are made for several partitions at once and read partition by partition: each grows in a file of its own until
 * `finish` puts them together. Several threads may write, each to partitions of its own.
 */
export class PartitionedOutput {
  readonly #path: string
  readonly #partitions: number
  /** Where the parts lie. */
  readonly folder: string

  private constructor(path: string, partitions: number, folder: string) {
    this.#path = path
    this.#partitions = partitions
    this.folder = folder
  }

  /**
   * @param path a file, which is begun anew; `-` is standard output
   * @param folder the back-test's
   * @throws ConfigError `config-unreadable`
   */
  static async open(path: string, partitions: number, folder: string): Promise<PartitionedOutput> {
    if (path !== '-') await (await openForWriting(path)).close()
    return new PartitionedOutput(path, partitions, await mkdtemp(join(folder, 'output-')))
  }

  /** When everybody has closed what they wrote. */
  async finish(): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const part = createReadStream(partPath(this.folder, partition), { highWaterMark: chunkBytes })
      try {
        if (this.#path === '-') await pipeline(part, process.stdout, { end: false })
        else await pipeline(part, createWriteStream(this.#path, { flags: 'a', highWaterMark: chunkBytes }))
      } catch (error) {
        // A partition without lines has no part.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  }
}

/** One writer's partitions of an output. */
export class OutputParts {
  readonly #folder: string
  readonly #parts = new Map<number, Part>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Adds values as lines, in order; resolves when as many may be added again. */
  async write(partition: number, values: readonly Buffer[]): Promise<void> {
    let part = this.#parts.get(partition)
    if (part === undefined) {
      part = new Part(await open(partPath(this.#folder, partition), 'a'))
      this.#parts.set(partition, part)
    }
    await part.add(values)
  }

  async finish(): Promise<void> {
    for (const part of this.#parts.values()) await part.finish()
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#parts.values()].map((part) => part.close()))
  }
}

/** The file of one partition; a megabyte of it is written while the next one is gathered. */
class Part {
  readonly #file: FileHandle
  #lines: Buffer[] = []
  #bytes = 0
  /** The last write: the next one waits for it. */
  #write: Promise<void> = Promise.resolve()

  constructor(file: FileHandle) {
    this.#file = file
  }

  async add(values: readonly Buffer[]): Promise<void> {
    for (const value of values) {
      this.#lines.push(value, newline)
      this.#bytes += value.length + newline.length
    }
    if (this.#bytes >= chunkBytes) await this.#flush()
  }

  async finish(): Promise<void> {
    await this.#flush()
    await this.#write
  }

  async close(): Promise<void> {
    await this.#write.catch(() => {})
    await this.#file.close()
  }

  async #flush(): Promise<void> {
    const chunk = Buffer.concat(this.#lines, this.#bytes)
    this.#lines = []
    this.#bytes = 0
    await this.#write
    this.#write = this.#file.appendFile(chunk)
    // Whoever waits for it next sees the failure.
    this.#write.catch(() => {})
  }
}

const partPath = (folder: string, partition: number): string => join(folder, String(partition))

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
