import { expect } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { expectedCounts, main, written } from './counting-app.ts'
import { eventually } from './eventually.ts'
import { readTopic } from './log-lines.ts'

/** Waits until so many events have been counted, each once and in order. */
export const expectCounted = (log: Log, events: number): Promise<void> =>
  eventually(async () => {
    const records = await readTopic(log, main)
    expect(written(records)).toHaveLength(events)
    expect(written(records)).toEqual(expectedCounts(records))
  })
