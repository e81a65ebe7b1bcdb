import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { countingApp, logWithMain, main, sendEvents } from '../support/counting-app.ts'
import { eventually } from '../support/eventually.ts'
import { expectCounted } from '../support/expect-counted.ts'

const keys = Array.from({ length: 400 }, (_, n) => `k${n % 7}`)

describe('WeirApp', () => {
  let dir: string
  let log: Log

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weir-app-'))
    log = await logWithMain()
  })

  afterEach(async () => {
    await log.close()
    await rm(dir, { recursive: true, force: true })
  })

  const settled = (events: number) => expectCounted(log, events)

  it('counts every event once, in order, back to the topic it reads', async () => {
    const app = countingApp(log, dir)
    await app.start()
    await sendEvents(log, keys)
    await settled(400)
    await app.stop()
    expect(app.state).toBe('NOT_RUNNING')
  })

  it('goes on where it stopped, with the state it had', async () => {
    for (let round = 1; round <= 3; round++) {
      const app = countingApp(log, dir)
      await app.start()
      await sendEvents(log, keys)
      await settled(round * 400)
      await app.stop()
    }
  })

  it('restores its state from the changelog when the folder is gone', async () => {
    const first = countingApp(log, dir)
    await first.start()
    await sendEvents(log, keys)
    await settled(400)
    await first.stop()
    await rm(join(dir, 'counter'), { recursive: true })
    const second = countingApp(log, dir)
    await second.start()
    await sendEvents(log, keys)
    await settled(800)
    await second.stop()
  })

  it('adds nothing when there is nothing new, and shows no lag after a while', async () => {
    const app = countingApp(log, dir)
    await app.start()
    await sendEvents(log, keys)
    await settled(400)
    await app.stop()
    const before = await log.endOffset({ topic: main, partition: 0 }, 'read-uncommitted')
    const again = countingApp(log, dir)
    await again.start()
    await eventually(async () => {
      expect(again.health().tasks.map(({ lag }) => lag)).toEqual([0, 0])
      const committed = await log.committedOffsets('counter', [{ topic: main, partition: 0 }])
      expect(committed[0]?.offset).toBe(before)
    })
    await again.stop()
    expect(await log.endOffset({ topic: main, partition: 0 }, 'read-uncommitted')).toBe(before)
  })

  it('shares partitions with a second member and takes them back', async () => {
    const one = countingApp(log, dir)
    const two = countingApp(log, join(dir, 'two'))
    await one.start()
    await sendEvents(log, keys)
    await settled(400)
    await two.start()
    await eventually(() => {
      expect([one, two].map((app) => app.health().tasks.length)).toEqual([1, 1])
      expect([one, two].flatMap((app) => app.health().tasks.map(({ state }) => state))).toEqual(['RUNNING', 'RUNNING'])
    })
    await sendEvents(log, keys)
    await settled(800)
    await one.stop()
    await sendEvents(log, keys)
    await settled(1200)
    await two.stop()
  })

  it('decides at least once without transactions', async () => {
    const app = countingApp(log, dir, { guarantee: 'at-least-once' })
    await app.start()
    await sendEvents(log, keys)
    await settled(400)
    await app.stop()
  })

  it('refuses state that another definition computed, from the disk and from the changelog', async () => {
    const first = countingApp(log, dir)
    await first.start()
    await sendEvents(log, keys)
    await settled(400)
    await first.stop()
    for (const stateDir of [dir, join(dir, 'empty')]) {
      const other = countingApp(log, stateDir, { definition: 'something else' })
      await other.start()
      await expect(other.ended).rejects.toMatchObject({ code: 'rule-set-changed' })
      expect(other.state).toBe('ERROR')
    }
  })
})
