import type { Readable } from 'node:stream'

/** The chunks of a stream up to the moment when the signal aborts: whoever waits at a quiet pipe need not wait on. */
export async function* untilAborted(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer | string> {
  const aborted = new Promise<{ readonly done: true }>((resolve) => {
    if (signal.aborted) resolve({ done: true })
    signal.addEventListener('abort', () => resolve({ done: true }), { once: true })
  })
  const chunks = stream[Symbol.asyncIterator]()
  while (true) {
    const next = await Promise.race([aborted, chunks.next()])
    if (next.done) break
    yield next.value
  }
  if (!signal.aborted) return
  // Destroyed in the middle of a read, a stream reports an error that tells nothing new.
  stream.on('error', () => {})
  stream.destroy()
}
