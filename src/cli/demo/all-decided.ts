import type { LogClient } from '../../log/log.ts'
import { pause } from '../pause.ts'

export interface AllDecidedOptions {
  readonly log: LogClient
  readonly groupId: string
  readonly topic: string
  readonly partitions: number
  /** How far whoever watches the decisions has read, by partition. */
  readonly seen: readonly number[]
  readonly signal: AbortSignal
}

const everyMs = 50

/**
 * Resolves when the application has committed a position at the end of every partition and the watcher has read as far,
 * or when the signal aborts. Decisions move the end themselves, so that this is reached only once nothing more comes.
 */
export async function allDecided({ log, groupId, topic, partitions, seen, signal }: AllDecidedOptions): Promise<void> {
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  while (!signal.aborted) {
    const ends = await Promise.all(all.map((each) => log.endOffset(each, 'read-uncommitted')))
    const committed = await log.committedOffsets(groupId, all)
    const reached = all.map(({ partition }) => committed.find((each) => each.partition === partition)?.offset ?? 0)
    if (ends.every((end, partition) => reached[partition]! >= end && (seen[partition] ?? 0) >= end)) return
    await pause(everyMs, signal)
  }
}
