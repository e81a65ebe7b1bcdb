import { LinePlacement, readLineBlocks } from '../record/json-lines.ts'
import { type Decided, type DeciderOptions, decideAll, topic } from './decider.ts'
import { OutputParts } from './partitioned-output.ts'

const tellEveryBytes = 2 << 20

/** How far a reader of the input is. */
export interface ReadSoFar {
  readonly lines: number
  readonly bytes: number
}

export interface ShareOptions extends Omit<DeciderOptions, 'output'> {
  /** A file of JSON lines; `-` is standard input. */
  readonly input: string
  /** Gets the decisions, a file a partition. Default: they are only counted. */
  readonly outputFolder: string | undefined
  /** Which of how many shares, counted from 0; a partition's number decides in which it is. */
  readonly share: number
  readonly shares: number
  /** Told every few megabytes. */
  readonly onProgress: (read: ReadSoFar) => void
  /** Ends it early. Default never. */
  readonly signal?: AbortSignal
}

/**
 * Decides the partitions of one share. Every share reads all lines, since a line's own text says where it lies, and whether it
 * is one at all: so no share depends on another, and all find the same problems in the input.
 * @throws what `signal` was aborted with
 */
export async function decideShare(options: ShareOptions): Promise<Decided & { readonly lines: number }> {
  const { input, outputFolder, partitions, share, shares, onProgress, signal } = options
  const placement = new LinePlacement({ topic, partitions })
  const isOurs = (partition: number): boolean => partition % shares === share
  const output = outputFolder === undefined ? undefined : new OutputParts(outputFolder)
  let read = 0
  let toldBytes = 0
  try {
    const decided = await decideAll({ ...options, output }, async (decider) => {
      for await (const { lines, bytes } of readLineBlocks(input)) {
        signal?.throwIfAborted()
        for (const text of lines) {
          const record = placement.placeText(text, isOurs)
          const work = record === undefined ? undefined : decider.take(record)
          if (work !== undefined) await work
        }
        read += lines.length
        if (bytes < toldBytes + tellEveryBytes) continue
        toldBytes = bytes
        onProgress({ lines: read, bytes })
      }
    })
    await output?.finish()
    return { ...decided, lines: read }
  } finally {
    await output?.close()
  }
}
