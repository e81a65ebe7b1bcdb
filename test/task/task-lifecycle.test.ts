import { describe, expect, it } from 'vitest'
import { TaskLifecycle } from '../../src/task/task-lifecycle.ts'

const opened = async (): Promise<TaskLifecycle> => {
  const lifecycle = new TaskLifecycle('0_0')
  await lifecycle.open(async () => {})
  return lifecycle
}
/** Runs until it is told to stop and `end` was called. */
function running(lifecycle: TaskLifecycle) {
  const { promise, resolve: end, reject: fail } = Promise.withResolvers<void>()
  const ran = lifecycle.run(() => promise)
  ran.catch(() => {})
  return { end, fail }
}

describe('a task', () => {
  it('is suspended once its run has ended, and can run again', async () => {
    const lifecycle = await opened()
    const first = running(lifecycle)
    const suspended = lifecycle.suspend()
    expect([lifecycle.status, lifecycle.isStopping]).toEqual(['RUNNING', true])
    first.end()
    expect(await suspended).toBe(true)
    expect(lifecycle.status).toBe('SUSPENDED')
    running(lifecycle).end()
    expect([lifecycle.status, lifecycle.isStopping]).toEqual(['RUNNING', false])
  })

  it('is not suspended when it was closed meanwhile', async () => {
    const lifecycle = await opened()
    const run = running(lifecycle)
    const suspended = lifecycle.suspend()
    const closed = lifecycle.close({ interrupt: async () => run.end(), release: async () => {} })
    expect(await suspended).toBe(false)
    await closed
    expect(lifecycle.status).toBe('CLOSED')
  })

  it('closes in this order: what opens, what is waited for, what runs, the rest; once', async () => {
    const steps: string[] = []
    const lifecycle = new TaskLifecycle('0_0')
    const opening = Promise.withResolvers<void>()
    const opens = lifecycle.open(() => opening.promise.finally(() => steps.push('opened')))
    opens.catch(() => {})
    const closing = {
      interrupt: async () => steps.push('interrupted'),
      release: async () => void steps.push('released'),
    }
    const closed = lifecycle.close(closing)
    await lifecycle.close(closing)
    expect(steps).toEqual([])
    opening.reject(new Error('no'))
    await closed
    expect(steps).toEqual(['opened', 'interrupted', 'released'])
  })

  it('releases only after what runs has ended, whether or not that failed', async () => {
    const lifecycle = await opened()
    const run = running(lifecycle)
    let isReleased = false
    const closed = lifecycle.close({
      interrupt: async () => {},
      release: async () => {
        isReleased = true
      },
    })
    await Promise.resolve()
    expect(isReleased).toBe(false)
    run.fail(new Error('no'))
    await closed
    expect(isReleased).toBe(true)
  })

  it('refuses what its state does not allow', async () => {
    const lifecycle = new TaskLifecycle('0_0')
    expect(() => lifecycle.run(async () => {})).toThrow('task 0_0 cannot go from CREATED to RUNNING')
    await lifecycle.close({ interrupt: async () => {}, release: async () => {} })
    await expect(lifecycle.open(async () => {})).rejects.toThrow('task 0_0 cannot go from CLOSED to RESTORING')
  })
})
