import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { defaultEngine } from '../../src/state/engines/index.ts'
import { StreamTime } from '../../src/task/batch-processor.ts'
import { openTaskState } from '../../src/task/open-state.ts'
import { ManualClock } from '../../src/time/clock.ts'
import { eventually } from '../support/eventually.ts'
import { holdState, type StateHolder } from '../support/hold-state.ts'

describe("a state folder's lock", () => {
  let stateDir: string
  let log: Log
  let holder: StateHolder
  const clock = new ManualClock()

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'weir-lock-'))
    log = await openMemoryLog()
    for (const topic of ['main', 'app-system-changelog']) await log.createTopic({ topic, partitions: 1 })
    holder = await holdState(join(stateDir, 'app', '0_0'))
  })
  afterEach(async () => {
    await holder.kill()
    await log.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  const open = () =>
    openTaskState({
      applicationId: 'app',
      taskId: '0_0',
      subTopology: 0,
      stores: [],
      source: { topic: 'main', partition: 0 },
      definition: 'rules',
      log,
      engine: defaultEngine(),
      stateDir,
      limits: { maxBytes: 1 << 20 },
      streamTime: new StreamTime(),
      clock,
      stopped: () => false,
      onProgress() {},
    })

  it('is taken over when the process that had it has died', async () => {
    const opening = open()
    await eventually(() => expect(clock.pendingTimers).toBe(1))
    await holder.kill()
    clock.advance(200)
    await (await opening).close()
  })

  it('of a living process is waited for half a minute; then the error says what to do', async () => {
    const opening = open()
    const refused = expect(opening).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining('stop the process that holds it, or use another data folder'),
    })
    for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 200) {
      await eventually(() => expect(clock.pendingTimers).toBe(1))
      clock.advance(200)
    }
    await refused
  })
})
