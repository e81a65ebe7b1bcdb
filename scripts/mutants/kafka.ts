import { faultsIn } from './mutant.ts'

const aborted = faultsIn('src/log/kafka/aborted.ts', ['test/log/kafka/aborted.test.ts'])

/** What a reader of committed records sees of a fetch from Kafka. */
export const kafkaFaults = [
  aborted({
    id: 'kafka-aborted-one-at-a-time',
    what: 'Of several aborted transactions that begin at or before a batch only the first is hidden.',
    find: 'this.#active.add(transaction.producerId)',
    replace: 'if (this.#active.size === 0) this.#active.add(transaction.producerId)',
  }),
  aborted({
    id: 'kafka-aborted-for-ever',
    what: 'After its first aborted transaction nothing of a producer is shown any more.',
    find: 'this.#active.delete(batch.producerId)',
    replace: 'this.#active.has(batch.producerId)',
  }),
  aborted({
    id: 'kafka-markers-shown',
    what: 'Markers are given out as records.',
    find: 'return false',
    replace: 'return true',
  }),
  faultsIn('src/log/kafka/read-fetched.ts', ['test/log/kafka/read-fetched.test.ts'])({
    id: 'kafka-position-by-records',
    what: 'The position stays at the last record that was shown, instead of going behind what was passed.',
    find: 'return this.hasMore ? this.#nextOffset : this.#endOffset',
    replace: 'return this.#nextOffset',
  }),
]
