import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Link, type LinkOptions } from '../../../src/log/kafka/link.ts'
import { quiet } from '../../../src/log/kafka/logger.ts'
import { ManualClock } from '../../../src/time/clock.ts'

describe('a link', () => {
  let server: Server
  let port: number
  let received: Promise<void>
  const clock = new ManualClock()
  const options: LinkOptions = {
    clientId: 'test',
    ssl: null,
    sasl: null,
    principal: 'User:ANONYMOUS',
    logger: quiet(undefined),
    clock,
    requestTimeoutMs: 500,
  }

  /** A broker that takes requests and never answers. */
  beforeEach(async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    received = promise
    server = createServer((socket) => socket.on('data', () => resolve()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    port = address.port
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  it('is given up when no answer comes in time', async () => {
    const opening = expect(Link.open({ host: '127.0.0.1', port }, options)).rejects.toMatchObject({ name: 'LinkError' })
    await received
    clock.advance(500)
    await opening
    expect(clock.pendingTimers).toBe(0)
  })

  it('says whom it cannot reach', async () => {
    await new Promise((resolve) => server.close(resolve))
    await expect(Link.open({ host: '127.0.0.1', port }, options)).rejects.toThrow(`127.0.0.1:${port} cannot be reached`)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
})
