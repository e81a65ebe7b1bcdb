import { expect, it } from 'vitest'
import { TaskCorruptedError } from '../../src/errors.ts'
import { type Runnable, TaskRunner } from '../../src/runtime/task-runner.ts'
import { ManualClock } from '../../src/time/clock.ts'

it('does not rest before a new start that nobody wants any more', async () => {
  const deleting = Promise.withResolvers<void>()
  const deleted = Promise.withResolvers<void>()
  const corrupted: Runnable = {
    status: 'RESTORING',
    open: () => Promise.reject(new TaskCorruptedError('state-corrupted', 'no')),
    run: async () => {},
    suspend: async () => {},
    close: async () => {},
    destroyState() {
      deleting.resolve()
      return deleted.promise
    },
  }
  const clock = new ManualClock()
  const runner = new TaskRunner({
    create: () => corrupted,
    clock,
    onOpened() {},
    onRecovering() {},
    onMigrated() {},
    onFailed() {},
  })
  runner.start()
  await deleting.promise
  const closed = runner.close()
  deleted.resolve()
  // The clock stands still.
  await closed
  expect(clock.pendingTimers).toBe(0)
})
