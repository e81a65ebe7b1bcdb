import { afterAll, beforeAll, describe } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { closingContract } from './log/closing.ts'
import { compactionContract } from './log/compaction.ts'
import { LogFixture } from './log/fixture.ts'
import { groupContract } from './log/groups.ts'
import { interleavingContract } from './log/interleaving.ts'
import { committedOffsetsContract } from './log/offsets.ts'
import { readerContract } from './log/readers.ts'
import { recordContract } from './log/records.ts'
import { sessionContract } from './log/sessions.ts'
import { topicContract } from './log/topics.ts'
import { transactionContract } from './log/transactions.ts'

export interface OpenedLog {
  readonly log: Log
  /** A second handle on the same log, as another process would have; `dispose` closes it too. */
  another(): Promise<Log>
  dispose(): Promise<void>
}

/**
 * What every implementation of the log port must do. Topics and groups have fresh names in each test, so one broker
 * can serve many runs. A transaction's end may be visible a little after `commit` answered, and may take an offset.
 */
export function logContract(name: string, open: () => Promise<OpenedLog>): void {
  describe(`log contract: ${name}`, () => {
    const fixture = new LogFixture(open)
    beforeAll(() => fixture.open())
    afterAll(() => fixture.dispose())

    recordsContract(fixture)
    describe('compacted topics', () => compactionContract(fixture))
    describe('groups', () => groupContract(fixture))
    describe('closing', () => closingContract(open))
  })
}

/** The part of it that is about topics and what lies in them. */
export function recordsContract(fixture: LogFixture): void {
  describe('topics', () => topicContract(fixture))
  describe('records', () => recordContract(fixture))
  describe('readers', () => readerContract(fixture))
  describe('transactions', () => transactionContract(fixture))
  describe('interleaved transactions', () => interleavingContract(fixture))
  describe('transactional sessions', () => sessionContract(fixture))
  describe('committed offsets', () => committedOffsetsContract(fixture))
}
