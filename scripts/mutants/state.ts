import { faultsIn } from './mutant.ts'

const retention = faultsIn('src/state/retention.ts', ['test/state/task-state.test.ts'])
const windows = faultsIn('src/state/window-store.ts', ['test/state/task-state.test.ts'])
const sweeper = faultsIn('src/state/sweeper.ts', ['test/state/sweeper.test.ts'])
const taskState = faultsIn('src/state/task-state.ts', ['test/state/task-state.test.ts'])
const keys = faultsIn('src/state/keys.ts', ['test/state/keys.test.ts'])

/** Stores, retention and eviction. */
export const stateFaults = [
  retention({
    id: 'evicted-one-early',
    what: 'An entry goes one millisecond before its retention is over.',
    find: 'streamTimeMs - retentionMs',
    replace: 'streamTimeMs - retentionMs + 1',
  }),
  retention({
    id: 'evicted-one-late',
    what: 'An entry is seen one millisecond after its retention.',
    find: 'streamTimeMs - retentionMs',
    replace: 'streamTimeMs - retentionMs - 1',
  }),
  faultsIn('src/state/timestamped-store.ts', ['test/state/task-state.test.ts'])({
    id: 'expired-value-visible',
    what: 'A value past its retention is seen until a sweep comes by.',
    find: 'held.timestampMs >= expiredBefore(this.#def, this.#streamTimeMs())',
    replace: 'held.timestampMs >= 0',
  }),
  windows({
    id: 'expired-entry-visible',
    what: 'A window entry past its retention is seen until a sweep comes by.',
    find: 'return Math.max(fromMs, expiredBefore(this.#def, this.#streamTimeMs()))',
    replace: 'return fromMs',
  }),
  windows({
    id: 'backward-fetch-forward',
    what: 'A look back gives the oldest entries first.',
    find: 'toMs, step: -1 }',
    replace: 'toMs, step: 1 }',
  }),
  sweeper({
    id: 'sweep-one-early',
    what: 'A sweep deletes what may still be seen.',
    find: 'if (timeMs < expiredBeforeMs) changes.push',
    replace: 'if (timeMs <= expiredBeforeMs) changes.push',
  }),
  sweeper({
    id: 'sweep-stands-still',
    what: 'A sweep visits the same entries at each commit, so that state grows for ever.',
    find: 'else this.#cursor = Buffer.concat([entries.at(-1)!.key, zeroByte])',
    replace: '',
  }),
  faultsIn('src/state/sweeper.ts', ['test/state/ids/id-store.test.ts'])({
    id: 'range-deleted-early',
    what: 'Ids are deleted one millisecond before their retention is over.',
    find: 'const lt = timeKey(expiredBeforeMs)',
    replace: 'const lt = timeKey(expiredBeforeMs + 1)',
  }),
  faultsIn('src/state/pending-rows.ts', ['test/state/pending-rows.test.ts'])({
    id: 'pending-row-missed',
    what: 'Of a key’s rows that wait for the database only the newest is found.',
    find: 'since <= row - this.#firstRow ? since : 0',
    replace: '0',
  }),
  faultsIn('src/state/pending-walk.ts', ['test/state/pending-rows.test.ts'])({
    id: 'pending-walk-cut-short',
    what: 'A look back over rows that wait for the database does not look for later ones among those that were put before.',
    find: 'next === undefined ? this.#span.fromMs : next.timeMs',
    replace: 'next === undefined ? this.#span.fromMs : Number.POSITIVE_INFINITY',
  }),
  faultsIn('src/state/window-store.ts', ['test/state/window-store.test.ts'])({
    id: 'pending-rows-dropped',
    what: 'Rows that wait for the database are gone once the cache holds their key.',
    find: 'this.#pending.rowsOf(handle, this.#batch)',
    replace: "this.#pending.rowsOf({ key: '', hash: 0 }, this.#batch)",
  }),
  faultsIn('src/state/window-store.ts', ['test/state/window-store.test.ts'])({
    id: 'asked-rows-lost',
    what: 'Rows that come to the database after a batch asked for them are gone for the rest of the batch.',
    find: 'if (this.#handlesBatch === this.#cache.batch) this.#holdStored()',
    replace: '',
  }),
  faultsIn('src/state/window-segments.ts', ['test/state/window-segments.test.ts'])({
    id: 'segment-unread',
    what: 'A read that spans two segments of a window store misses the older one.',
    find: 'endMs >= fromMs && startMs <= toMs',
    replace: 'endMs >= toMs && startMs <= toMs',
  }),
  faultsIn('src/state/ids/id-store.ts', ['test/state/ids/id-store.test.ts'])({
    id: 'discarded-id-remembered',
    what: 'An id of a batch that was discarded makes its own record a duplicate.',
    find: '...this.#onTheWay.flat()]) page.bytes = undefined',
    replace: '...this.#onTheWay.flat()]) page.bytes = page.bytes',
  }),
  faultsIn('src/state/ids/id-page.ts', ['test/state/ids/id-store.test.ts'])({
    id: 'id-of-the-same-length',
    what: 'Two ids of the same length count as one.',
    find: 'length === id.length && page.compare(id, 0, length, at + fixedBytes, end) === 0',
    replace: 'length === id.length',
  }),
  faultsIn('src/task/changelog-trimmer.ts', ['test/task/changelog-trimmer.test.ts'])({
    id: 'changelog-trimmed-early',
    what: 'A changelog loses what a restore still needs.',
    find: 'latestMs < streamTimeMs - this.store.retentionMs',
    replace: 'latestMs < streamTimeMs - this.store.retentionMs / 2',
  }),
  taskState({
    id: 'discard-keeps-writes',
    what: 'A batch that was discarded is written with the next one.',
    find: 'this.#journal.drain()\n    this.#sweeper.discard()',
    replace: 'this.#sweeper.discard()',
  }),
  taskState({
    id: 'discard-keeps-values',
    what: 'A batch that was discarded is still seen.',
    find: 'for (const state of this.#states) state.discard()',
    replace: '',
  }),
  keys({
    id: 'window-bound-exclusive',
    what: 'A range of a window leaves out the entries at its young end.',
    find: 'Math.min(toMs, Number.MAX_SAFE_INTEGER)',
    replace: 'Math.min(toMs - 1, Number.MAX_SAFE_INTEGER)',
  }),
]
