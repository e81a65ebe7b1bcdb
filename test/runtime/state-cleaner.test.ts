import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import { StateCleaner } from '../../src/runtime/state-cleaner.ts'
import { defaultEngine } from '../../src/state/engines/index.ts'
import { takeFreeFolder } from '../../src/task/folder-registry.ts'
import { ManualClock } from '../../src/time/clock.ts'
import { eventually } from '../support/eventually.ts'
import { holdState } from '../support/hold-state.ts'

const delayMs = 600_000

describe('state of tasks that have gone elsewhere', () => {
  let parent: string
  let dir: string
  let clock: ManualClock
  let cleaner: StateCleaner
  const inUse = new Set<string>()
  const warned: string[] = []

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'weir-cleaner-'))
    dir = join(parent, 'weir')
    for (const name of ['0_0', '0_1']) await makeState('weir', name)
    clock = new ManualClock()
    const logger = { ...silentLogger, warn: (_: string, fields: unknown) => void warned.push(JSON.stringify(fields)) }
    cleaner = new StateCleaner({ dir, engine: defaultEngine(), delayMs, inUse: () => inUse, clock, logger })
  })
  afterEach(async () => {
    await cleaner.stop()
    await rm(parent, { recursive: true, force: true })
    inUse.clear()
    expect(warned.splice(0)).toEqual([])
  })

  const makeState = async (application: string, task: string) => {
    const folder = join(parent, application, task)
    await (await defaultEngine().open(folder, ['system', 'rows'])).close()
    return folder
  }

  /** Lets so much time pass, a look at the folders each minute. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 60_000) {
      await eventually(() => expect(clock.pendingTimers).toBe(1))
      clock.advance(Math.min(left, 60_000))
    }
    await eventually(() => expect(clock.pendingTimers).toBe(1))
  }

  it('is deleted after the delay, and not before', async () => {
    await writeFile(join(dir, 'notes.txt'), 'not a task')
    inUse.add('0_0')
    cleaner.start()
    await pass(delayMs - 1)
    expect(existsSync(join(dir, '0_1', 'CURRENT'))).toBe(true)
    await pass(1)
    expect(await readdir(dir)).toEqual(['0_0', 'notes.txt'])
  })

  it('stays when the task comes back in time, and the delay begins anew', async () => {
    inUse.add('0_0')
    cleaner.start()
    await pass(delayMs - 60_000)
    inUse.add('0_1')
    await pass(60_000)
    inUse.delete('0_1')
    await pass(delayMs - 60_000)
    expect(await readdir(dir)).toEqual(['0_0', '0_1'])
    await pass(120_000)
    expect(await readdir(dir)).toEqual(['0_0'])
  })

  it('stays while a task of this process still closes it', async () => {
    inUse.add('0_0')
    const giveBack = takeFreeFolder(join(dir, '0_1'))!
    cleaner.start()
    await pass(2 * delayMs)
    expect(await readdir(dir)).toEqual(['0_0', '0_1'])
    giveBack()
    await pass(60_000)
    expect(await readdir(dir)).toEqual(['0_0'])
  })

  it('stays while another process holds it, and goes when that has ended', async () => {
    inUse.add('0_0')
    const holder = await holdState(join(dir, '0_1'))
    onTestFinished(() => holder.kill())
    cleaner.start()
    await pass(2 * delayMs)
    expect(existsSync(join(dir, '0_1', 'CURRENT'))).toBe(true)
    await holder.kill()
    await pass(60_000)
    expect(await readdir(dir)).toEqual(['0_0'])
  })

  it('is deleted when it is damaged, too', async () => {
    inUse.add('0_0')
    await writeFile(join(dir, '0_1', 'CURRENT'), 'rubbish')
    cleaner.start()
    await pass(delayMs)
    expect(await readdir(dir)).toEqual(['0_0'])
  })

  it('is deleted after the delay when a deployment made it, too', async () => {
    const folder = await makeState('weir-ab12-0123abcd', '0_1')
    inUse.add('0_0')
    cleaner.start()
    await pass(delayMs - 1)
    expect(existsSync(folder)).toBe(true)
    await pass(1)
    expect([existsSync(folder), await readdir(dir)]).toEqual([false, ['0_0']])
  })

  it('stays when it is another application’s', async () => {
    const others = await Promise.all(
      ['weir-24', 'weir-ab12-0123abcd', 'other-ab12-0123abcd'].map((application) => makeState(application, '0_5')),
    )
    await writeFile(join(parent, 'weir-ab12-0123abcd', 'instance'), 'its own')
    cleaner.start()
    await pass(2 * delayMs)
    expect(others.map((folder) => existsSync(folder))).toEqual([true, true, true])
  })

  it('is deleted of deployments that a task here has left behind, but never while it is not clear which it needs', async () => {
    inUse.add('0_0')
    inUse.add('0_1')
    const [old, current] = [await makeState('weir-ab12-0123abcd', '0_0'), await makeState('weir-ab13-0123abcd', '0_0')]
    cleaner.start()
    await pass(2 * delayMs)
    expect(existsSync(old)).toBe(true)
    const giveBack = takeFreeFolder(current)!
    onTestFinished(giveBack)
    await pass(delayMs + 60_000)
    expect([existsSync(old), existsSync(current), await readdir(dir)]).toEqual([false, true, ['0_1']])
  })
})
