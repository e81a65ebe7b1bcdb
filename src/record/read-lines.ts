import { createReadStream } from 'node:fs'
import { ConfigError } from '../errors.ts'
import { maxLineLength } from './decode-line.ts'

export interface TextLine {
  /** Without its line end. */
  readonly text: string
  /** From 1. */
  readonly lineNumber: number
}

export interface ReadLinesOptions {
  /** What `-` means. Default: standard input. */
  readonly input?: AsyncIterable<Buffer | string>
}

const newline = 0x0a
const byteOrderMark = '\uFEFF'
/** A character is at most three bytes a UTF-16 unit: this much of a line is more than `decodeLine` takes. */
const maxLineBytes = 3 * (maxLineLength + 1)

async function* chunksOf(path: string, input: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  try {
    const chunks: AsyncIterable<Buffer | string> =
      path === '-' ? input : createReadStream(path, { highWaterMark: 1 << 18 })
    for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new ConfigError(
      'config-unreadable',
      `${path} cannot be read (${why}); name a file, or - for standard input`,
      { cause },
    )
  }
}

/** Whole lines as text, a few hundred kilobytes at a time: cutting at a newline never cuts a character. */
async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = []
  let heldBytes = 0
  const hold = (bytes: Buffer): void => {
    // What is beyond the limit is dropped, so that a file without newlines does not fill the memory.
    const kept = bytes.subarray(0, Math.max(0, maxLineBytes - heldBytes))
    if (kept.length === 0) return
    held.push(kept)
    heldBytes += kept.length
  }
  for await (const chunk of chunks) {
    const first = chunk.indexOf(newline)
    if (first === -1) {
      hold(chunk)
      continue
    }
    hold(chunk.subarray(0, first))
    yield Buffer.concat(held).toString('utf8')
    const last = chunk.lastIndexOf(newline)
    if (last > first) yield chunk.toString('utf8', first + 1, last)
    held = []
    heldBytes = 0
    hold(chunk.subarray(last + 1))
  }
  if (heldBytes > 0) yield Buffer.concat(held).toString('utf8')
}

/**
 * Reads the lines of a file, or of standard input for `-`, as they come; the memory it takes does not grow with the file.
 * Line ends are LF or CRLF, the last line may lack one, a byte order mark is skipped. Empty lines are lines. What is not
 * UTF-8 reads as U+FFFD; a line beyond `maxLineLength` comes cut, still longer than that.
 *
 * @throws ConfigError `config-unreadable`
 */
export async function* readLines(path: string, options: ReadLinesOptions = {}): AsyncGenerator<TextLine> {
  let lineNumber = 0
  for await (const block of blocksOf(chunksOf(path, options.input ?? process.stdin))) {
    let start = lineNumber === 0 && block.startsWith(byteOrderMark) ? 1 : 0
    let end: number
    do {
      const at = block.indexOf('\n', start)
      end = at === -1 ? block.length : at
      const text = block.slice(start, end > start && block[end - 1] === '\r' ? end - 1 : end)
      yield { text, lineNumber: ++lineNumber }
      start = end + 1
    } while (end < block.length)
  }
}
