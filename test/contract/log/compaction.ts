import { expect, it } from 'vitest'
import type { TransactionalProducer } from '../../../src/log/log.ts'
import type { LogRecord, OutgoingRecord, TopicPartition } from '../../../src/record/record.ts'
import { awaitStable, type LogFixture } from './fixture.ts'

/** What compaction must keep, whenever it happens and whether it does: the last committed value of each key. */
export function compactionContract(fixture: LogFixture): void {
  const entry = (at: TopicPartition, key: number, value: string | null): OutgoingRecord => ({
    ...at,
    key: Buffer.from(`key ${key}`),
    value: value === null ? null : Buffer.from(value),
    headers: {},
  })

  const lastValues = (records: readonly LogRecord[]): Record<string, string> => {
    const values = new Map<string, string>()
    for (const { key, value } of records) {
      if (value === null) values.delete(String(key))
      else values.set(String(key), String(value))
    }
    return Object.fromEntries([...values].sort())
  }

  const compacted = () => fixture.partition({ 'cleanup.policy': 'compact' })

  /** Twenty rounds over thirty keys, every third key deleted in the end, ended by `end`. */
  async function rounds(
    session: TransactionalProducer,
    at: TopicPartition,
    end: (round: number) => 'commit' | 'abort',
  ) {
    for (let round = 0; round < 20; round++) {
      const keys = Array.from({ length: 30 }, (_, key) => key)
      await session.send(keys.map((key) => entry(at, key, key % 3 === 0 && round === 19 ? null : `${round}.${key}`)))
      await session[end(round)]()
    }
  }

  it('keeps the last committed value of each key, not those of aborted transactions, and deletes by tombstone', async () => {
    const at = await compacted()
    const session = await fixture.session()
    await rounds(session, at, (round) => (round % 4 === 1 ? 'abort' : 'commit'))
    await session.send(Array.from({ length: 30 }, (_, key) => entry(at, key, 'aborted')))
    await session.abort()
    await awaitStable(fixture.log, at)
    const expected = Array.from({ length: 30 }, (_, key) => [`key ${key}`, key % 3 === 0 ? undefined : `19.${key}`])
    const kept = Object.fromEntries(expected.filter(([, value]) => value !== undefined).sort())
    expect(lastValues(await fixture.read(at))).toEqual(kept)
    await session.close()
  })

  it('keeps offsets, the start and the end, and lets readers begin in gaps', async () => {
    const at = await compacted()
    const session = await fixture.session()
    await rounds(session, at, () => 'commit')
    await awaitStable(fixture.log, at)
    const end = await fixture.log.endOffset(at, 'read-committed')
    expect(end).toBeGreaterThanOrEqual(20 * 30)
    expect(await fixture.log.startOffset(at)).toBe(0)
    const all = await fixture.read(at)
    const offsets = new Map(all.map(({ offset, key, value }) => [offset, `${key}=${value}`]))
    for (const offset of [1, 29, 31, 300, end - 2]) {
      const records = await fixture.read(at, 'read-committed', { offset, maxBytes: 200 })
      expect(records.every((record) => record.offset >= offset)).toBe(true)
      for (const { offset: each, key, value } of records) {
        if (offsets.has(each)) expect(`${key}=${value}`).toBe(offsets.get(each))
      }
    }
    await session.close()
  })

  it('keeps what an open transaction holds back', async () => {
    const at = await compacted()
    const [open, other] = [await fixture.session(), await fixture.session()]
    await open.send([entry(at, 1_000, 'held')])
    await rounds(other, at, () => 'commit')
    await open.commit()
    await awaitStable(fixture.log, at)
    expect(lastValues(await fixture.read(at))).toMatchObject({ 'key 1000': 'held', 'key 1': '19.1' })
    await Promise.all([open.close(), other.close()])
  })
}
