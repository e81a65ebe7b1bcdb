import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { SharedLog } from '../../src/log/shared/client.ts'
import { shareLog } from '../../src/log/shared/server.ts'
import { stickyAssignor } from '../../src/runtime/assignor.ts'
import { LogFixture } from '../contract/log/fixture.ts'
import { recordsContract } from '../contract/log.ts'
import { logWithMain } from '../support/counting-app.ts'
import { standbySuite } from '../support/standby-suite.ts'

/** As another thread has it; groups take the runtime's assignor, which the log's thread was told of. */
function through(log: Log): Log {
  const { port1, port2 } = new MessageChannel()
  shareLog(log, port1, stickyAssignor)
  return new SharedLog(port2)
}

describe('the log of another thread', () => {
  const fixture = new LogFixture(async () => {
    const log = await openMemoryLog()
    return { log: through(log), another: async () => through(log), dispose: () => log.close() }
  })
  beforeAll(() => fixture.open())
  afterAll(() => fixture.dispose())

  recordsContract(fixture)
})

standbySuite('the log of another thread', async (partitions) => {
  const log = await logWithMain(partitions)
  const shared = through(log)
  const close = shared.close.bind(shared)
  shared.close = async () => {
    await close()
    await log.close()
  }
  return shared
})
