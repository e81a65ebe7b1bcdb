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
const carriageReturn = 0x0d
const byteOrderMark = '\uFEFF'
/** A character is at most three bytes a UTF-16 unit: this much of a line is more than `decodeLine` takes. */
const maxLineBytes = 3 * (maxLineLength + 1)

async function* chunksOf(path: string, input: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
  try {
    const chunks: AsyncIterable<Buffer | string> =
      path === '-' ? input : createReadStream(path, { highWaterMark: 1 << 20 })
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

interface Block {
  readonly text: string
  /** Of the input up to here. */
  readonly bytes: number
}

/** Whole lines as text, a few hundred kilobytes at a time: cutting at a newline never cuts a character. */
async function* blocksOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Block> {
  let bytes = 0
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
    bytes += chunk.length
    const first = chunk.indexOf(newline)
    if (first === -1) {
      hold(chunk)
      continue
    }
    hold(chunk.subarray(0, first))
    yield { text: Buffer.concat(held).toString('utf8'), bytes }
    const last = chunk.lastIndexOf(newline)
    if (last > first) yield { text: chunk.toString('utf8', first + 1, last), bytes }
    held = []
    heldBytes = 0
    hold(chunk.subarray(last + 1))
  }
  if (heldBytes > 0) yield { text: Buffer.concat(held).toString('utf8'), bytes }
}

/** Lines that came together: few milliseconds' work. */
export interface LineBlock {
  /** Without their line ends. */
  readonly lines: readonly string[]
  /** Of the input up to here. */
  readonly bytes: number
}

/**
 * Reads the lines of a file, or of standard input for `-`, as they come; the memory it takes does not grow with the file.
 * Line ends are LF or CRLF, the last line may lack one, a byte order mark is skipped. Empty lines are lines. What is not
 * UTF-8 reads as U+FFFD; a line beyond `maxLineLength` comes cut, still longer than that.
 *
 * @throws ConfigError `config-unreadable`
 */
export async function* readLineBlocks(path: string, options: ReadLinesOptions = {}): AsyncGenerator<LineBlock> {
  let isFirst = true
  for await (const { text, bytes } of blocksOf(chunksOf(path, options.input ?? process.stdin))) {
    yield { lines: linesIn(text, isFirst && text.startsWith(byteOrderMark) ? 1 : 0), bytes }
    isFirst = false
  }
}

function linesIn(block: string, from: number): string[] {
  const lines: string[] = []
  let start = from
  let end: number
  do {
    const at = block.indexOf('\n', start)
    end = at === -1 ? block.length : at
    lines.push(block.slice(start, end > start && block.charCodeAt(end - 1) === carriageReturn ? end - 1 : end))
    start = end + 1
  } while (end < block.length)
  return lines
}

/** The same lines one by one, numbered. @throws ConfigError `config-unreadable` */
export async function* readLines(path: string, options: ReadLinesOptions = {}): AsyncGenerator<TextLine> {
  let lineNumber = 0
  for await (const { lines } of readLineBlocks(path, options)) {
    for (const text of lines) yield { text, lineNumber: ++lineNumber }
  }
}
