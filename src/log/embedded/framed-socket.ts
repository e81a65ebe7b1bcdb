import type { Socket } from 'node:net'
import { deserialize, serialize } from 'node:v8'

const lengthBytes = 4
/** More than any batch of the log: a longer frame is not ours. */
const maxFrameBytes = 512 * 1024 * 1024

/** Messages over a socket: a length (uint32, big-endian), then the message as V8 serialises it, buffers intact. */
export class FramedSocket {
  readonly #socket: Socket
  readonly #onMessage: (message: object) => void
  #chunks: Buffer[] = []
  #bytes = 0
  #wanted = lengthBytes

  /** `onClose` is called once, whoever closes and whatever fails. */
  constructor(socket: Socket, onMessage: (message: object) => void, onClose: () => void) {
    this.#socket = socket
    this.#onMessage = onMessage
    socket.on('data', (chunk) => this.#receive(chunk))
    // An error is followed by the close that says the same.
    socket.on('error', () => {})
    socket.once('close', onClose)
  }

  send(message: unknown): void {
    if (this.#socket.destroyed) return
    const bytes = serialize(message)
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32BE(bytes.length)
    this.#socket.cork()
    this.#socket.write(length)
    this.#socket.write(bytes)
    this.#socket.uncork()
  }

  /** Closes at once; what was not sent yet is not sent. */
  close(): void {
    this.#socket.destroy()
  }

  /** Closes when everything is sent. */
  end(): void {
    this.#socket.end()
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#wanted) return
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes)
    this.#wanted = lengthBytes
    while (rest.length >= lengthBytes) {
      const end = lengthBytes + rest.readUInt32BE()
      if (rest.length < end) {
        this.#wanted = end
        break
      }
      if (!this.#deliver(rest.subarray(lengthBytes, end))) return
      rest = rest.subarray(end)
    }
    if (this.#wanted > maxFrameBytes) this.close()
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
  }

  #deliver(frame: Buffer): boolean {
    try {
      const message: unknown = deserialize(frame)
      if (typeof message !== 'object' || message === null) throw new TypeError('not a message')
      this.#onMessage(message)
      return true
    } catch {
      // Whoever sends such bytes speaks another protocol.
      this.close()
      return false
    }
  }
}
