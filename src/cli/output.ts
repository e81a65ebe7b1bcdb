import type { Writable } from 'node:stream'

/** A stream of text for people or machines. */
export interface Output {
  readonly isTTY: boolean
  /** Terminal width; 80 when nobody knows. */
  readonly columns: number
  /** Terminal height; 24 when nobody knows. */
  readonly rows: number
  /** Resolves when more may be written. */
  write(text: string): Promise<void>
  line(text?: string): Promise<void>
}

/**
 * Wraps a stream so that a reader that has gone away (`weir tail | head`) ends the process quietly, as it ends any
 * other Unix tool, and a slow one slows the writer.
 */
export function outputTo(
  stream: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number },
): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
    process.exit()
  })
  const write = (text: string): Promise<void> =>
    stream.write(text) ? Promise.resolve() : new Promise((resolve) => stream.once('drain', resolve))
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
    get rows() {
      return stream.rows ?? 24
    },
    write,
    line: (text = '') => write(`${text}\n`),
  }
}
