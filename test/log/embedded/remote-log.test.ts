import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectEmbeddedLog, openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { findSocket } from '../../../src/log/embedded/socket-place.ts'
import { VisitingLog } from '../../../src/log/embedded/visiting-log.ts'
import type { OutgoingRecord } from '../../../src/record/record.ts'
import { temporaryFolder, withLog } from './folder.ts'
import { launchOwner, startOwner } from './owners.ts'
import { append, at, outgoing, readAll, texts } from './records.ts'

async function connect(folder: string): Promise<VisitingLog> {
  const log = await VisitingLog.connect(folder, {})
  onTestFinished(() => log.close())
  return log
}

describe('a client beside the owner of an embedded log', () => {
  it('writes and reads through the owner in another process', async () => {
    const folder = await temporaryFolder()
    await startOwner(folder, 'append:a', 'send:b', 'offset:1', 'commit')
    const client = await connect(folder)
    expect(client.ownsLog).toBe(false)
    expect(await client.topics()).toEqual(['main'])
    expect(await client.describeTopic('main')).toMatchObject({ partitions: 2 })
    expect(await client.describeTopic('absent')).toBeUndefined()
    expect(await client.createTopic({ topic: 'new', partitions: 1 })).toBe('created')
    expect(await append(client, 'c')).toEqual([3])
    expect(texts(await readAll(client))).toEqual(['a', 'b', 'c'])
    expect(await client.committedOffsets('group', [at])).toEqual([{ ...at, offset: 1, metadata: '' }])
  })

  it('keeps payloads byte for byte, also of many megabytes', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (owner) => {
      await owner.createTopic({ topic: 'main', partitions: 1 })
      const client = await connect(folder)
      const sent: OutgoingRecord[] = [
        { ...at, key: null, value: null, headers: {} },
        { ...at, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: { empty: Buffer.alloc(0) } },
        ...Array.from({ length: 40 }, () => ({
          ...at,
          key: randomBytes(20),
          value: randomBytes(200_000),
          headers: { bytes: randomBytes(9) },
        })),
      ]
      const producer = await client.openProducer()
      expect(await producer.send(sent)).toEqual(sent.map((_, i) => i))
      for (const log of [client, owner]) {
        const records = await readAll(log)
        expect(records.length).toBe(sent.length)
        for (const [i, { key, value, headers }] of records.entries()) {
          expect(Buffer.isBuffer(value) || value === null).toBe(true)
          expect({ key, value, headers }).toEqual({
            key: sent[i]!.key,
            value: sent[i]!.value,
            headers: sent[i]!.headers,
          })
        }
      }
    })
  })

  it('waits for records, seeks, and ends a waiting poll on close', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (owner) => {
      await owner.createTopic({ topic: 'main', partitions: 1 })
      const client = await connect(folder)
      const reader = await client.openReader({ ...at, offset: 0, isolation: 'read-committed' })
      expect(await reader.poll(10)).toMatchObject({ records: [], nextOffset: 0 })
      const waiting = reader.poll(600_000)
      await append(owner, 'a', 'b')
      expect(texts((await waiting).records)).toEqual(['a', 'b'])
      expect(reader.position).toBe(2)
      reader.seek(1)
      expect(texts((await reader.poll(1_000)).records)).toEqual(['b'])
      const sought = reader.poll(600_000)
      reader.seek(0)
      expect(texts((await sought).records)).toEqual(['a', 'b'])
      const ended = expect(reader.poll(600_000)).rejects.toMatchObject({ code: 'log-closed' })
      await reader.close()
      await ended
    })
  })

  it("passes on the owner's errors", async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async (owner) => {
      await owner.createTopic({ topic: 'main', partitions: 1, config: { 'max.message.bytes': '1000' } })
      await append(owner, 'a', 'b')
      await owner.deleteRecordsBefore(at, 1)
      const client = await connect(folder)
      await expect(client.endOffset({ topic: 'absent', partition: 0 }, 'read-committed')).rejects.toMatchObject({
        name: 'LogError',
        code: 'topic-missing',
      })
      const reader = await client.openReader({ ...at, offset: 0, isolation: 'read-committed' })
      await expect(reader.poll(10)).rejects.toMatchObject({ code: 'offset-out-of-range', startOffset: 1 })
      const producer = await client.openProducer()
      const large = { ...outgoing(''), value: randomBytes(2_000) }
      await expect(producer.send([large])).rejects.toMatchObject({ name: 'ProductionError', code: 'record-too-large' })
    })
  })

  it('leaves nothing but the database behind when it closes as the last owner', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder, 'append:a')
    const client = await connect(folder)
    const ended = once(owner, 'exit')
    owner.send('close')
    expect(await ended).toEqual([0, null])
    expect(texts(await readAll(client))).toEqual(['a'])
    expect(client.ownsLog).toBe(true)
    await client.close()
    expect(await readdir(folder)).toEqual(['db'])
  })

  it('refuses calls after its own close', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async () => {
      const client = await connectEmbeddedLog(folder)
      await client.close()
      await expect(client.topics()).rejects.toMatchObject({ name: 'LogError', code: 'log-closed' })
    })
  })
})

describe('who owns an embedded log', () => {
  it('is the only one who opens it, and then serves others', async () => {
    const folder = await temporaryFolder()
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(folder)))
    expect(clients.filter((client) => client.ownsLog)).toHaveLength(1)
    await clients[1]!.createTopic({ topic: 'main', partitions: 1 })
    for (const client of clients) expect(await client.topics()).toEqual(['main'])
  })

  it('is one of two processes that open it at the same moment', async () => {
    const folder = await temporaryFolder()
    const owners = [launchOwner(folder, {}), launchOwner(folder, {})]
    const outcomes = owners.map((owner) => Promise.race([once(owner, 'message'), once(owner, 'exit')]))
    expect((await Promise.all(outcomes)).map(([first]) => first).sort()).toEqual([1, 'ready'])
    expect(await (await connect(folder)).topics()).toEqual(['main'])
  })

  it('is waited for, and reported when it does not answer', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async () => {
      await rm(join(folder, 'log.sock'))
      const connected = connectEmbeddedLog(folder, { waitMs: 50 })
      await expect(connected).rejects.toMatchObject({ name: 'LogError', code: 'log-unavailable' })
    })
  })

  it('takes over the socket of a dead owner', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'log.sock'), 'left over')
    await withLog(folder, async (owner) => {
      await owner.createTopic({ topic: 'main', partitions: 1 })
      expect((await stat(join(folder, 'log.sock'))).isSocket()).toBe(true)
      expect(await (await connect(folder)).topics()).toEqual(['main'])
    })
  })

  it('listens elsewhere when the folder has a long name', async () => {
    const folder = join(await temporaryFolder(), 'long'.repeat(30))
    await mkdir(folder)
    let path = ''
    await withLog(folder, async () => {
      path = await findSocket(folder)
      expect(Buffer.byteLength(path)).toBeLessThan(100)
      const client = await connect(folder)
      expect(client.ownsLog).toBe(false)
      expect(await client.topics()).toEqual([])
    })
    await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await readdir(folder)).toEqual(['db'])
  })

  it('is not disturbed by bytes of another protocol', async () => {
    const folder = await temporaryFolder()
    await withLog(folder, async () => {
      const stranger = createConnection(await findSocket(folder))
      const closed = once(stranger, 'close')
      stranger.on('error', () => {})
      stranger.write('GET / HTTP/1.1\r\n\r\n')
      await closed
      expect(await (await connect(folder)).topics()).toEqual([])
    })
  })

  it('is told when the folder cannot be used', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    await expect(openEmbeddedLog(join(file, 'log'))).rejects.toMatchObject({
      name: 'LogError',
      code: 'log-unavailable',
    })
  })
})
