import { describe, expect, it } from 'vitest'
import { AbortedFilter } from '../../../src/log/kafka/aborted.ts'
import { type RecordBatch, readRecords } from '../../../src/log/kafka/batch-decoder.ts'
import type { AbortedTransaction } from '../../../src/log/kafka/fetch.ts'
import { aborted, at, first, marker, ofTransaction, record, storedBatch } from './batches.ts'

function shown(list: readonly AbortedTransaction[], batches: readonly RecordBatch[]): string[] {
  const filter = new AbortedFilter(list)
  return batches
    .filter((batch) => filter.shows(batch))
    .flatMap((batch) => readRecords(batch, at, 0, []).map(({ value }) => String(value)))
}

describe('the filter of aborted records', () => {
  it('hides several aborted transactions that are open at once, whatever their order in the list', () => {
    const batches = [
      ofTransaction(0, 1, ['a']),
      ofTransaction(1, 2, ['b']),
      ofTransaction(2, 3, ['c']),
      ofTransaction(3, 1, ['d']),
      marker(4, 2, 'abort'),
      ofTransaction(5, 2, ['e']),
      marker(6, 1, 'abort'),
      marker(7, 3, 'commit'),
      marker(8, 2, 'commit'),
    ]
    expect(shown([aborted(2, 1), aborted(1, 0)], batches)).toEqual(['c', 'e'])
  })

  it('takes two aborted transactions that begin at or before one batch', () => {
    const batches = [ofTransaction(10, 1, ['a', 'b']), ofTransaction(12, 2, ['c']), marker(13, 1, 'abort')]
    expect(shown([aborted(1, 4), aborted(2, 9)], batches)).toEqual([])
  })

  it('hides each of a producer’s aborted transactions and shows the committed one between them', () => {
    const batches = [
      ofTransaction(0, 1, ['a']),
      marker(1, 1, 'abort'),
      ofTransaction(2, 1, ['b']),
      marker(3, 1, 'commit'),
      ofTransaction(4, 1, ['c']),
      marker(5, 1, 'abort'),
    ]
    expect(shown([aborted(1, 0), aborted(1, 4)], batches)).toEqual(['b'])
  })

  it('takes no record for a marker, whatever its key', () => {
    const zeroKey = (offset: number) =>
      first(
        storedBatch(offset, [record('data', { key: Buffer.alloc(4) })], {
          producerId: 1,
          producerEpoch: 0,
          transactional: true,
        }),
      )
    expect(shown([aborted(1, 0)], [zeroKey(0), zeroKey(1), marker(2, 1, 'abort'), zeroKey(3)])).toEqual(['data'])
  })

  it('shows what the same producer wrote outside of transactions', () => {
    const plain = first(storedBatch(1, [record('plain')], { producerId: 1, producerEpoch: 0, transactional: false }))
    expect(shown([aborted(1, 0)], [ofTransaction(0, 1, ['a']), plain])).toEqual(['plain'])
  })
})
