import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectEmbeddedLog, openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import { VisitingLog } from '../../../src/log/embedded/visiting-log.ts'
import { temporaryFolder, withLog } from './folder.ts'
import { kill, startOwner } from './owners.ts'
import { append, at, outgoing, readAll, texts } from './records.ts'
import { Visitor } from './visitors.ts'

async function visit(folder: string): Promise<VisitingLog> {
  const log = await VisitingLog.connect(folder, {})
  onTestFinished(() => log.close())
  return log
}

const numbers = (count: number, prefix = ''): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

describe('a visitor that has the log', () => {
  it('gives it up to an owner that asks, and reads and writes on through it', async () => {
    const folder = await temporaryFolder()
    const visitor = await Visitor.start(folder)
    visitor.send('a')
    await visitor.hasSent('a')
    await visitor.hasRead('a')
    await withLog(folder, async (owner) => {
      expect(texts(await readAll(owner))).toEqual(['a'])
      await append(owner, 'b')
      visitor.send('c')
      await visitor.hasSent('a', 'c')
      await visitor.hasRead('a', 'b', 'c')
      expect(texts(await readAll(owner))).toEqual(['a', 'b', 'c'])
    })
    visitor.send('d')
    await visitor.hasRead('a', 'b', 'c', 'd')
    await visitor.close()
  })

  it('gives it up within one process too, with a poll that waits', async () => {
    const folder = await temporaryFolder()
    const visitor = await visit(folder)
    await visitor.createTopic({ topic: 'main', partitions: 1 })
    const reader = await visitor.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    const waiting = reader.poll(600_000)
    expect(visitor.ownsLog).toBe(true)
    await withLog(folder, async (owner) => {
      await append(owner, 'a')
      expect(texts((await waiting).records)).toEqual(['a'])
      expect(reader.position).toBe(1)
      expect(visitor.ownsLog).toBe(false)
      reader.seek(0)
      expect(texts((await reader.poll(1_000)).records)).toEqual(['a'])
    })
  })

  it('hands its clients over too', async () => {
    const folder = await temporaryFolder()
    const [first, second, third] = [await Visitor.start(folder), await Visitor.start(folder), await visit(folder)]
    second.send('a')
    await second.hasSent('a')
    await withLog(folder, async (owner) => {
      await append(owner, 'b')
      first.send('c')
      await second.hasRead('a', 'b', 'c')
      expect(texts(await readAll(third))).toEqual(['a', 'b', 'c'])
    })
    await Promise.all([first.close(), second.close()])
  })

  it('loses nothing and repeats nothing that is being sent while owners come and go', async () => {
    const folder = await temporaryFolder()
    const visitors = [await Visitor.start(folder), await Visitor.start(folder)]
    const values = [numbers(300, 'a'), numbers(300, 'b')]
    for (const round of [0, 1, 2]) {
      const part = (all: string[]) => all.slice(round * 100, round * 100 + 100)
      for (const [i, visitor] of visitors.entries()) visitor.send(...part(values[i]!))
      await withLog(folder, async (owner) => {
        await append(owner, `owner ${round}`)
      })
    }
    await Promise.all(visitors.map((visitor, i) => visitor.hasSent(...values[i]!)))
    await Promise.all(visitors.map((visitor) => visitor.close()))
    await withLog(folder, async (log) => {
      const all = texts(await readAll(log))
      expect(all.filter((value) => value.startsWith('a'))).toEqual(values[0])
      expect(all.filter((value) => value.startsWith('b'))).toEqual(values[1])
      expect(all).toHaveLength(603)
    })
  })

  it('ends while another visitor sends, which goes on as the owner', async () => {
    const folder = await temporaryFolder()
    const first = await Visitor.start(folder)
    const second = await Visitor.start(folder)
    first.send('1')
    second.send(...numbers(200))
    await first.hasSent('1')
    await first.close()
    await second.hasSent(...numbers(200))
    await expect.poll(() => second.read.toSorted()).toEqual(['1', ...numbers(200)].toSorted())
    await second.close()
  })
})

describe('a visitor whose owner goes', () => {
  it('follows a log whose owner is restarted again and again', async () => {
    const folder = await temporaryFolder()
    const visitor = await Visitor.start(folder)
    for (const round of numbers(4)) await withLog(folder, (owner) => append(owner, round))
    await visitor.hasRead(...numbers(4))
    await visitor.close()
  })

  it('goes on when the owner is killed, while another visitor comes and an owner starts', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder, 'append:a')
    const reading = await Visitor.start(folder)
    await reading.hasRead('a')
    await kill(owner)
    const coming = await Visitor.start(folder)
    coming.send('b')
    await reading.hasRead('a', 'b')
    await startOwner(folder, 'append:c')
    await reading.hasRead('a', 'b', 'c')
    await coming.hasRead('a', 'b', 'c')
    await Promise.all([reading.close(), coming.close()])
  })

  it('does not repeat a send that has no answer, and says so', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder, 'append:a')
    const visitor = await visit(folder)
    const producer = await visitor.openProducer()
    await producer.send([outgoing('b')])
    owner.kill('SIGSTOP')
    const sent = expect(producer.send([outgoing('c')])).rejects.toMatchObject({
      name: 'ProductionError',
      code: 'production-failed',
      message: expect.stringContaining('unknown'),
    })
    await kill(owner)
    await sent
    expect(await producer.send([outgoing('d')])).toEqual([2])
    expect(texts(await readAll(visitor))).toEqual(['a', 'b', 'd'])
  })

  it('reports log-unavailable when the next owner does not answer', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder)
    const visitor = await connectEmbeddedLog(folder, { waitMs: 50 })
    onTestFinished(() => visitor.close())
    await kill(owner)
    // A log that has no socket: its owner cannot be asked.
    await withLog(folder, async () => {
      await rm(join(folder, 'log.sock'))
      await expect(visitor.topics()).rejects.toMatchObject({ name: 'LogError', code: 'log-unavailable' })
    })
    expect(await visitor.topics()).toEqual(['main'])
  })

  it('ends a poll that looks for an owner when the reader is closed', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder)
    const visitor = await visit(folder)
    const reader = await visitor.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    const ended = expect(reader.poll(600_000)).rejects.toMatchObject({ code: 'log-closed' })
    await kill(owner)
    await reader.close()
    await ended
  })
})

describe('an owner of a log', () => {
  it('does not give it up to another owner, which is told its process', async () => {
    const folder = await temporaryFolder()
    const owner = await startOwner(folder)
    await expect(openEmbeddedLog(folder)).rejects.toMatchObject({
      name: 'LogError',
      code: 'log-owned',
      message: expect.stringContaining(`process ${owner.pid} `),
    })
  })

  it('waits no longer than told for a visitor that does not answer', async () => {
    const folder = await temporaryFolder()
    const visitor = await Visitor.start(folder)
    visitor.child.kill('SIGSTOP')
    await expect(openEmbeddedLog(folder, { waitMs: 100 })).rejects.toMatchObject({ code: 'log-owned' })
    visitor.child.kill('SIGCONT')
    const ended = once(visitor.child, 'exit')
    visitor.child.send('close')
    await ended
  })
})
