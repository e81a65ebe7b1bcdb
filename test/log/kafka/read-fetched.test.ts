import { describe, expect, it } from 'vitest'
import { batchAt } from '../../../src/log/kafka/batch-format.ts'
import type { FetchResponse } from '../../../src/log/kafka/fetch.ts'
import { FetchedRecords } from '../../../src/log/kafka/read-fetched.ts'
import type { Isolation, OffsetSpan } from '../../../src/log/log.ts'
import type { LogRecord } from '../../../src/record/record.ts'
import { aborted, at, marker, ofTransaction, record, storedBatch } from './batches.ts'

type Response = Pick<FetchResponse, 'recordSet' | 'aborted'>

function readFetched(partition: typeof at, fromOffset: number, isolation: Isolation, response: Response) {
  const fetched = new FetchedRecords(partition, { fromOffset, isolation }, response)
  return { records: fetched.take(Number.POSITIVE_INFINITY), nextOffset: fetched.nextOffset }
}

const values = (fetched: ReturnType<typeof readFetched>) => fetched.records.map(({ value }) => String(value))

describe('a fetch', () => {
  const open = ofTransaction(4, 1, ['d', 'e']).bytes
  const recordSet = Buffer.concat([storedBatch(0, [record('a'), record('b'), record('c')]), open])

  it('moves behind the last batch, whatever is shown of it', () => {
    const all = readFetched(at, 0, 'read-uncommitted', { recordSet, aborted: [] })
    expect(values(all)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(all.nextOffset).toBe(6)
    const committed = readFetched(at, 1, 'read-committed', { recordSet, aborted: [aborted(1, 4)] })
    expect(values(committed)).toEqual(['b', 'c'])
    expect(committed.nextOffset).toBe(6)
  })

  it('passes markers under either isolation', () => {
    const only = { recordSet: marker(9, 1, 'commit').bytes, aborted: [] }
    for (const isolation of ['read-committed', 'read-uncommitted'] as const) {
      expect(readFetched(at, 9, isolation, only)).toEqual({ records: [], nextOffset: 10 })
    }
  })

  it('stays where it is when nothing came', () => {
    const nothing = { recordSet: Buffer.alloc(0), aborted: [] }
    expect(readFetched(at, 7, 'read-committed', nothing)).toEqual({ records: [], nextOffset: 7 })
  })

  it('delivers what lies before a batch that cannot be read, and refuses at that batch', () => {
    const unreadable = storedBatch(3, [record('d')])
    unreadable[batchAt.attributes + 1]! |= 7
    const broken = { recordSet: Buffer.concat([storedBatch(0, [record('a')]), unreadable]), aborted: [] }
    const fetched = readFetched(at, 0, 'read-committed', broken)
    expect(values(fetched)).toEqual(['a'])
    expect(fetched.nextOffset).toBe(1)
    expect(() => readFetched(at, 3, 'read-committed', { recordSet: unreadable, aborted: [] })).toThrow(
      expect.objectContaining({ code: 'record-format-unsupported' }),
    )
  })

  it('passes over batches that lie in a span to be left out, and shows those that reach beyond it', () => {
    const more = { recordSet: Buffer.concat([recordSet, storedBatch(6, [record('f'), record('g')])]), aborted: [] }
    const shown = (...leftOut: OffsetSpan[]) => {
      const fetched = new FetchedRecords(at, { fromOffset: 0, isolation: 'read-committed', leftOut }, more)
      const text = fetched.take(100).map(({ value }) => String(value))
      return { text: text.join(''), nextOffset: fetched.nextOffset }
    }
    expect(shown({ from: 4, to: 6 })).toEqual({ text: 'abcfg', nextOffset: 8 })
    expect(shown({ from: 4, to: 8 })).toEqual({ text: 'abc', nextOffset: 8 })
    expect(shown({ from: 5, to: 8 })).toEqual({ text: 'abcde', nextOffset: 8 })
    expect(shown({ from: 0, to: 5 })).toEqual({ text: 'defg', nextOffset: 8 })
    expect(shown({ from: 0, to: 4 }, { from: 6, to: 7 })).toEqual({ text: 'defg', nextOffset: 8 })
  })

  it.each([1, 2, 3, 4])('gives out the same in parts of %i, and says behind each where the next begins', (most) => {
    const response = { recordSet: Buffer.concat([recordSet, marker(6, 1, 'commit').bytes]), aborted: [] }
    const fetched = new FetchedRecords(at, { fromOffset: 1, isolation: 'read-committed' }, response)
    expect(fetched.endOffset).toBe(7)
    const given: LogRecord[] = []
    while (fetched.hasMore) {
      const part = fetched.take(most)
      given.push(...part)
      expect(part).toHaveLength(Math.min(most, 4 - given.length + part.length))
      expect(fetched.nextOffset).toBe(given.length === 4 ? 7 : part.at(-1)!.offset + 1)
    }
    expect(given.map(({ value }) => String(value))).toEqual(['b', 'c', 'd', 'e'])
  })
})
