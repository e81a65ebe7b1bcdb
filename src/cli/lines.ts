import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { UsageError } from './failure.ts'

export interface NumberedLine {
  /** From 1. */
  readonly number: number
  readonly text: string
}

/**
 * The lines of a file, or of standard input for `-`, some at a time as they are read; line ends may be LF or CRLF, the
 * last may lack one. Lines of white space are left out, and still counted.
 * @throws UsageError when the file cannot be read
 */
export async function* linesOf(file: string, input: Readable): AsyncGenerator<readonly NumberedLine[]> {
  let count = 0
  let rest = ''
  const numbered = (line: string): NumberedLine => ({
    number: ++count,
    text: line.endsWith('\r') ? line.slice(0, -1) : line,
  })
  for await (const chunk of chunksOf(file, input)) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield lines.map(numbered).filter(isNotBlank)
  }
  yield [numbered(rest)].filter(isNotBlank)
}

const isNotBlank = ({ text }: NumberedLine): boolean => text.trim() !== ''

async function* chunksOf(file: string, input: Readable): AsyncGenerator<string> {
  const stream = file === '-' ? input : createReadStream(file)
  stream.setEncoding('utf8')
  try {
    for await (const chunk of stream) yield chunk
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'EACCES') throw error
    const why = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission is denied' }[code]
    throw new UsageError(`${file} cannot be read: ${why}; name a file, or - for standard input`)
  }
}
