import { describe, expect, it, onTestFinished } from 'vitest'
import type { EmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Assignor, GroupMembership, GroupOptions } from '../../../src/log/log.ts'
import { openMemoryLog } from '../../../src/log/memory-log.ts'
import { ManualClock } from '../../../src/time/clock.ts'

/** Everything to the member with the highest id. */
const toLast: Assignor = (members, partitions) => new Map([[members.at(-1)!.memberId, { partitions }]])

async function open(clock = new ManualClock()): Promise<EmbeddedLog> {
  const log = await openMemoryLog(clock)
  onTestFinished(() => log.close())
  await log.createTopic({ topic: 'main', partitions: 2 })
  return log
}

/** Joins and notes each callback with the number of partitions. */
async function join(
  log: EmbeddedLog,
  options: Partial<GroupOptions> = {},
): Promise<{ calls: string[]; membership: GroupMembership }> {
  const calls: string[] = []
  const membership = await log.joinGroup({
    groupId: 'group',
    topics: ['main'],
    assignor: toLast,
    assignorName: 'to-last',
    userData: () => Buffer.alloc(0),
    onAssigned: async (partitions) => void calls.push(`assigned ${partitions.length}`),
    onRevoked: async (partitions) => void calls.push(`revoked ${partitions.length}`),
    onLost: async (partitions) => void calls.push(`lost ${partitions.length}`),
    onError: (error) => void calls.push(error.message),
    ...options,
  })
  return { calls, membership }
}

describe('a group of an embedded log', () => {
  it('goes on without a member that takes too long to let go, which comes back when it is done', async () => {
    const clock = new ManualClock()
    const log = await open(clock)
    const gate = Promise.withResolvers<void>()
    const slow = await join(log, { onRevoked: () => gate.promise, rebalanceTimeoutMs: 500 })
    await expect.poll(() => slow.calls).toEqual(['assigned 2'])
    const other = await join(log)
    await expect.poll(() => clock.pendingTimers).toBe(1)
    expect(other.calls).toEqual([])
    clock.advance(500)
    await expect.poll(() => other.calls).toEqual(['assigned 2'])
    expect(slow.calls).toEqual(['assigned 2', 'lost 2'])
    gate.resolve()
    await expect.poll(() => slow.calls).toEqual(['assigned 2', 'lost 2', 'assigned 2'])
    expect(other.calls).toEqual(['assigned 2', 'revoked 2', 'assigned 0'])
  })

  it('does not take partitions away before the member has taken them', async () => {
    const log = await open()
    const gate = Promise.withResolvers<void>()
    const calls: string[] = []
    const first = await join(log, {
      onAssigned: async () => {
        calls.push('assigning')
        await gate.promise
        calls.push('assigned')
      },
      onRevoked: async () => void calls.push('revoked'),
    })
    await expect.poll(() => calls).toEqual(['assigning'])
    const second = await join(log)
    gate.resolve()
    await expect.poll(() => second.calls).toEqual(['assigned 2'])
    expect(calls.slice(0, 3)).toEqual(['assigning', 'assigned', 'revoked'])
    await first.membership.leave()
  })

  it('shares a topic out when it is created after the join', async () => {
    const log = await open()
    const member = await join(log, { topics: ['main', 'later'] })
    await expect.poll(() => member.calls).toEqual(['assigned 2'])
    await log.createTopic({ topic: 'later', partitions: 3 })
    await expect.poll(() => member.calls).toEqual(['assigned 2', 'revoked 2', 'assigned 5'])
  })

  it('drops a member whose assignor fails, and goes on with the next one', async () => {
    const log = await open()
    const assignor = (): never => {
      throw new Error('no plan')
    }
    const leader = await join(log, { assignor })
    const next = await join(log)
    await expect.poll(() => next.calls).toEqual(['assigned 2'])
    expect(leader.calls).toEqual(['no plan'])
    await leader.membership.leave()
  })

  it('drops a member that fails to let go', async () => {
    const log = await open()
    const broken = await join(log, { onRevoked: () => Promise.reject(new Error('stuck')) })
    await expect.poll(() => broken.calls).toEqual(['assigned 2'])
    const other = await join(log)
    await expect.poll(() => other.calls).toEqual(['assigned 2'])
    expect(broken.calls).toEqual(['assigned 2', 'stuck'])
  })

  it('lets a member leave while the log closes', async () => {
    const log = await open()
    const member = await join(log, { onRevoked: () => new Promise(() => {}), rebalanceTimeoutMs: 1 })
    await expect.poll(() => member.calls).toEqual(['assigned 2'])
    const left = member.membership.leave()
    await log.close()
    await left
  })
})
