import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../src/log/log.ts'

/** What could be seen from outside at one time. */
export interface Sample {
  /** Epoch ms, with fractions. */
  readonly atMs: number
  /** The group's committed position. */
  readonly committed: number
  /** Up to where a read-committed consumer sees the topic. */
  readonly visible: number
}

const everyMs = 10

export const nowMs = (): number => performance.timeOrigin + performance.now()

/**
 * Watches a group's committed position and the topic's last stable offset until the group has committed `end`.
 * @throws what `check` throws
 */
export async function watch(
  log: Log,
  { topic, groupId, end, check }: { topic: string; groupId: string; end: number; check: () => void },
): Promise<readonly Sample[]> {
  const partition = { topic, partition: 0 }
  const samples: Sample[] = []
  for (;;) {
    check()
    const [committed, visible] = await Promise.all([
      log.committedOffsets(groupId, [partition]),
      log.endOffset(partition, 'read-committed'),
    ])
    const sample = { atMs: nowMs(), committed: committed[0]?.offset ?? 0, visible }
    const last = samples.at(-1)
    if (last === undefined || last.committed !== sample.committed || last.visible !== sample.visible)
      samples.push(sample)
    if (sample.committed >= end) return samples
    await delay(everyMs)
  }
}

/**
 * Records a second from the first commit behind the middle to the last: by then whoever compiles as it runs is warm. What was
 * written behind `end` meanwhile, and read as well by the last commit, does not count.
 */
export function secondHalfRate(samples: readonly Sample[], end: number): number {
  const last = samples.at(-1)
  const first = samples.find(({ committed }) => committed >= end / 2)
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return Number.NaN
  return ((Math.min(last.committed, end) - first.committed) * 1000) / (last.atMs - first.atMs)
}
