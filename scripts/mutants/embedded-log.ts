import { faultsIn } from './mutant.ts'

const tests = ['test/log/memory-log.test.ts']
const partition = faultsIn('src/log/embedded/partition.ts', tests)
const chunk = faultsIn('src/log/embedded/chunk.ts', tests)
const transaction = faultsIn('src/log/embedded/transaction.ts', tests)
const session = faultsIn('src/log/embedded/session.ts', tests)

/** Transactions and fencing in the embedded log. */
export const embeddedLogFaults = [
  faultsIn(
    'src/log/embedded/sessions.ts',
    tests,
  )({
    id: 'predecessor-not-fenced',
    what: 'A producer goes on after another one has opened its transactional id.',
    find: 'await entry.session?.fence()',
    replace: '',
  }),
  session({
    id: 'fence-forgotten',
    what: 'A fenced producer may write again.',
    find: 'this.#refusal ??= refusal',
    replace: '',
  }),
  session({
    id: 'fence-commits',
    what: 'What a fenced producer left open is committed.',
    find: "await this.#finish('abort').catch(() => {})",
    replace: "await this.#finish('commit').catch(() => {})",
  }),
  chunk({
    id: 'aborted-visible',
    what: 'Readers of committed records see aborted ones.',
    find: 'cursor.isMarker || aborted?.has(cursor.transaction)',
    replace: 'cursor.isMarker',
  }),
  chunk({
    id: 'markers-not-counted',
    what: 'A reader stands at the last record instead of behind the marker that follows.',
    find: 'nextOffset: stored.complete ? end :',
    replace: 'nextOffset: stored.complete ? (records.at(-1)?.offset ?? position - 1) + 1 :',
  }),
  faultsIn(
    'src/log/embedded/reader.ts',
    tests,
  )({
    id: 'stable-offset-ignored',
    what: 'Readers of committed records pass an open transaction, and never see what it commits.',
    find: "isolation === 'read-committed' ? lastStableOffset : highWatermark",
    replace: "isolation === 'read-committed' ? highWatermark : highWatermark",
  }),
  partition({
    id: 'stable-offset-of-newest',
    what: 'Of several open transactions the newest holds readers instead of the oldest.',
    find: 'const [oldest] = this.#open.values()',
    replace: 'const oldest = [...this.#open.values()].at(-1)',
  }),
  transaction({
    id: 'abort-commits-offsets',
    what: 'An aborted transaction commits its offsets.',
    find: "kind === 'commit' ? this.#offsets : []",
    replace: 'this.#offsets',
  }),
  transaction({
    id: 'abort-not-noted',
    what: 'An aborted transaction is not noted as such.',
    find: "if (kind === 'abort') operations.push(this.#noteAborted(partition, offset))",
    replace: '',
  }),
  faultsIn('src/log/embedded/topics.ts', ['test/log/embedded/restart.test.ts', ...tests])({
    id: 'offsets-reused-after-restart',
    what: 'After a restart the log gives an offset again that it gave before.',
    find: 'lastOffsetOfKey(last[0]) + 1',
    replace: 'lastOffsetOfKey(last[0])',
  }),
]
