// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of code
import { faultsIn } from './mutant.ts'

const admit = faultsIn('src/rules/operators/admit.ts', ['test/rules/decisions.test.ts', 'test/rules/admission.test.ts'])
const seenIds = faultsIn('src/rules/operators/seen-ids.ts', [
  'test/rules/decisions.test.ts',
  'test/rules/seen-ids.test.ts',
])
const ingress = faultsIn('src/record/ingress.ts', ['test/record/ingress.test.ts'])
const batch = faultsIn('src/task/batch-processor.ts', ['test/task/batch-processor.test.ts'])

/** Lateness, duplicates, stream time and order. */
export const timeFaults = [
  admit({
    id: 'grace-exclusive',
    what: 'An event exactly as late as the grace allows is taken for late.',
    find: 'if (lagMs > options.graceMs &&',
    replace: 'if (lagMs >= options.graceMs &&',
  }),
  admit({
    id: 'grace-one-more',
    what: 'An event one millisecond later than the grace allows is applied.',
    find: 'if (lagMs > options.graceMs &&',
    replace: 'if (lagMs > options.graceMs + 1 &&',
  }),
  admit({
    id: 'late-data',
    what: 'A row older than the grace is dropped as an event would be.',
    find: 'const sinceMs = this.#ctx.streamTimeMs() - this.#options.options.dataDedupeMs',
    replace:
      'if (this.#ctx.streamTimeMs() - head.timeMs > this.#options.options.graceMs) return\n' +
      '    const sinceMs = this.#ctx.streamTimeMs() - this.#options.options.dataDedupeMs',
  }),
  admit({
    id: 'late-takes-id',
    what: 'A late record takes its id, so that the event sent again in time is a duplicate.',
    find: 'return this.#late(record, head, lagMs)',
    replace: 'return this.#eventIds.put(id, offset, streamTimeMs), this.#late(record, head, lagMs)',
  }),
  admit({
    id: 'rejected-takes-id',
    what: 'A record that is dead-lettered takes its id, so that the mended one is a duplicate.',
    find: 'const typed = record.value.typed()',
    replace: 'if (dedupe) this.#eventIds.put(id, offset, head.timeMs)\n    const typed = record.value.typed()',
  }),
  admit({
    id: 'late-before-duplicate',
    what: 'A late record of a known id gets a late decision instead of being dropped as a duplicate.',
    find: 'if (dedupe && isDuplicate(',
    replace: 'if (dedupe && streamTimeMs - head.timeMs <= options.graceMs && isDuplicate(',
  }),
  seenIds({
    id: 'dedupe-ignores-offset',
    what: 'A record that is processed again after a crash is taken for its own duplicate.',
    find: ' && known.value !== offset',
    replace: ' && offset >= 0',
  }),
  seenIds({
    id: 'dedupe-across-keys',
    what: 'Two customers cannot use the same event id.',
    find: '`${key.length}:${key}${id}`',
    replace: '`${key.length * 0}:${id}`',
  }),
  seenIds({
    id: 'dedupe-key-boundary',
    what: 'Key and id run together, so that "a" with "bc" is "ab" with "c".',
    find: '`${key.length}:${key}${id}`',
    replace: '`${key}${id}`',
  }),
  seenIds({
    id: 'id-forgotten-early',
    what: 'An id is forgotten one millisecond early.',
    find: 'known.timestampMs >= sinceMs',
    replace: 'known.timestampMs > sinceMs',
  }),
  batch({
    id: 'stream-time-goes-back',
    what: 'An older event turns stream time back.',
    find: 'if (toMs > this.#nowMs) this.#nowMs = toMs',
    replace: 'this.#nowMs = toMs',
    tests: ['test/rules/decisions.test.ts'],
  }),
  batch({
    id: 'expired-by-record-in-hand',
    what: 'What waits for time to pass is already hidden when the record comes that makes it due.',
    find: 'this.#beforeMs = this.#nowMs\n    if',
    replace: 'this.#beforeMs = Math.max(toMs ?? -1, this.#nowMs)\n    if',
    tests: ['test/rules/trailing-not.test.ts'],
  }),
  batch({
    id: 'event-time-used-for-order',
    what: 'A batch is processed by event time instead of offset.',
    find: 'let start = 0\n    let taken = 0',
    replace:
      'records = records.toSorted((a, b) => a.timestampMs - b.timestampMs)\n    let start = 0\n    let taken = 0',
  }),
  batch({
    id: 'row-as-of-later-offset',
    what: 'An event sees the rows that come after it in its batch.',
    find: 'let start = 0\n    let taken = 0',
    replace:
      "const isRow = (record: LogRecord) => Number(record.headers.kind?.toString() === 'data')\n" +
      '    records = records.toSorted((a, b) => isRow(b) - isRow(a))\n    let start = 0\n    let taken = 0',
  }),
  batch({
    id: 'barrier-ignored',
    what: 'A change of a control list counts only for the next batch.',
    find: 'isBarrier === true',
    replace: 'isBarrier === null',
    tests: ['test/rules/control-lists.test.ts', 'test/task/batch-processor.test.ts'],
  }),
  ingress({
    id: 'decisions-move-time',
    what: 'Decisions and other control records move stream time.',
    find: 'return canBeAhead(head) ? head.timeMs : undefined',
    replace: 'return head.timeMs',
  }),
  ingress({
    id: 'data-time-uncapped',
    what: 'A row from the far future makes every event late.',
    find: 'Math.min(head.timeMs, record.timestampMs + maxAheadMs)',
    replace: 'head.timeMs',
  }),
  ingress({
    id: 'ahead-exclusive',
    what: 'An event exactly maxAhead ahead of the log is dead-lettered.',
    find: 'if (aheadMs > maxAheadMs &&',
    replace: 'if (aheadMs >= maxAheadMs &&',
  }),
  ingress({
    id: 'tick-ahead-accepted',
    what: 'A tick may be ahead of the log by any time.',
    find: 'hasTimestamp(record) && canBeAhead(head)',
    replace: "hasTimestamp(record) && head.kind === 'business'",
  }),
  faultsIn('src/task/ticker.ts', ['test/task/ticker.test.ts'])({
    id: 'tick-ahead-written',
    what: 'A tick is written further ahead of the wall clock than events may be.',
    find: 'Math.min(streamTimeMs + nowMs - this.#last.timestampMs, nowMs + maxAheadMs)',
    replace: 'streamTimeMs + nowMs - this.#last.timestampMs',
  }),
  faultsIn('src/task/ticker.ts', ['test/task/ticker.test.ts'])({
    id: 'tick-in-backlog',
    what: 'A tick is written before everything in the log has been read.',
    find: 'if (!isCaughtUp ||',
    replace: 'if (isCaughtUp === undefined ||',
  }),
  faultsIn('src/record/mappings/headers.ts', ['test/record/ingress.test.ts'])({
    id: 'log-time-used-for-event-time',
    what: "The log's timestamp is taken for the event's time.",
    find: 'new HeaderHead(kind, type, timeMs, record)',
    replace: 'new HeaderHead(kind, type, record.timestampMs, record)',
  }),
]
