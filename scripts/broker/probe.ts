import { connect } from 'node:net'

const metadataKey = 3
const metadataVersion = 1

/** Kafka's Metadata request for no topics: answered by any broker, with the live brokers first. */
function metadataRequest(): Buffer {
  const clientId = Buffer.from('probe')
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(metadataKey, 4)
  request.writeInt16BE(metadataVersion, 6)
  request.writeInt16BE(clientId.length, 12)
  clientId.copy(request, 14)
  return request
}

/** True when the broker at `port` answers and names a live broker: one that is still starting names none. */
export function answers(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const finish = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => finish(false))
    socket.once('error', () => finish(false))
    socket.once('close', () => finish(false))
    socket.once('connect', () => socket.write(metadataRequest()))
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= 12) finish(received.readInt32BE(8) > 0)
    })
  })
}
