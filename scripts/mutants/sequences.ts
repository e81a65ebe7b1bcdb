// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of code
import { faultsIn } from './mutant.ts'

const tests = ['test/operators/sequence.test.ts', 'test/operators/sequence-order.test.ts']
const search = faultsIn('src/operators/sequence/search.ts', tests)
const arrivals = faultsIn('src/operators/sequence/arrivals.ts', tests)
const candidates = faultsIn('src/operators/sequence/candidates.ts', tests)
const trailing = faultsIn('src/operators/sequence/trailing.ts', ['test/operators/sequence-trailing.test.ts'])
const order = faultsIn('src/operators/sequence/order.ts', tests)

/** Matches of several events. */
export const sequenceFaults = [
  search({
    id: 'within-exclusive',
    what: 'Two events exactly `within` apart are no match.',
    find: '.timeMs - event.timeMs <= this.#withinMs',
    replace: '.timeMs - event.timeMs < this.#withinMs',
  }),
  faultsIn('src/rules/compile-sequence.ts', ['test/rules/ten-minutes.test.ts'])({
    id: 'within-one-more',
    what: 'Two events one millisecond more than `within` apart are a match.',
    find: 'withinMs: rule.withinMs,',
    replace: 'withinMs: rule.withinMs + 1,',
  }),
  search({
    id: 'any-order-within-exclusive',
    what: 'In any order, two events exactly `within` apart are no match.',
    find: 'Math.abs(other.timeMs - event.timeMs) > this.#withinMs',
    replace: 'Math.abs(other.timeMs - event.timeMs) >= this.#withinMs',
  }),
  search({
    id: 'event-fills-two-steps',
    what: 'In any order, one event fills two steps.',
    find: 'other.offset === event.offset || Math.abs',
    replace: 'Math.abs',
  }),
  search({
    id: 'oldest-match',
    what: 'The oldest match is taken instead of the most recent.',
    find: 'rows.backwardFetch(fromMs, toMs)',
    replace: 'rows.fetch(fromMs, toMs)',
  }),
  arrivals({
    id: 'record-key-ignored',
    what: 'Events of two customers make a match.',
    find: '${key.length}:${key}${by.length}',
    replace: '${by.length}',
  }),
  search({
    id: 'not-start-closed',
    what: 'An event at the very time of the step before a `not` breaks the match.',
    find: 'previousMs + 1, endMs)',
    replace: 'previousMs, endMs)',
  }),
  search({
    id: 'not-end-open',
    what: 'An event at the very time of the step after a `not` does not break the match.',
    find: 'previousMs + 1, endMs)',
    replace: 'previousMs + 1, endMs - 1)',
  }),
  search({
    id: 'not-for-too-soon',
    what: 'The step after a `not` with `for` may come one millisecond too soon.',
    find: 'next.timeMs < endMs) return false',
    replace: 'next.timeMs < endMs - 1) return false',
  }),
  candidates({
    id: 'later-records-known',
    what: 'A record that is processed again after a crash sees the events that came after it.',
    find: 'candidate.offset > knownOffset || ',
    replace: '',
  }),
  search({
    id: 'equality-ignored',
    what: 'An equality between two steps that neither of them looks up by is not asked.',
    find: 'return value !== undefined && value === other.read(this.#chosen[step]!.value)',
    replace: 'return value !== undefined || other !== own',
  }),
  order({
    id: 'tie-order',
    what: 'Of two events at the same time the one with the higher offset comes first.',
    find: 'a.timeMs - b.timeMs || a.offset - b.offset',
    replace: 'a.timeMs - b.timeMs || b.offset - a.offset',
  }),
  order({
    id: 'log-order-used-for-event-time',
    what: 'Steps are ordered by offset instead of by time.',
    find: 'a.timeMs - b.timeMs || a.offset - b.offset',
    replace: 'a.offset - b.offset',
  }),
  order({
    id: 'recency-from-first-step',
    what: 'Of two matches the one with the later first step is taken for the more recent.',
    find: 'for (let step = a.length - 1; step >= 0; step--)',
    replace: 'for (let step = 0; step < a.length; step++)',
    tests: ['test/operators/sequence-order.test.ts'],
  }),
  arrivals({
    id: 'by-ignored',
    what: 'Events of two cards make a match although the rule is `by` card.',
    find: '${by.length}:${by}',
    replace: '',
  }),
  faultsIn(
    'src/operators/sequence/evaluator.ts',
    tests,
  )({
    id: 'out-of-order-completion-ignored',
    what: 'An event that comes out of order completes no match as an earlier step.',
    find: 'event.timeMs >= streamTimeMs && step < roles.length - 1',
    replace: 'step < roles.length - 1',
  }),
  candidates({
    id: 'candidates-one-more',
    what: 'A search looks at one candidate more than maxCandidates.',
    find: 'index < limit && this.#pull());\n    return index < limit ?',
    replace: 'index <= limit && this.#pull());\n    return index <= limit ?',
  }),
  faultsIn(
    'src/operators/sequence/stores.ts',
    tests,
  )({
    id: 'sequence-forgets-within-grace',
    what: 'A sequence keeps events no longer than `within`, so that late ones find nothing.',
    find: 'return def.withinMs + def.graceMs + ',
    replace: 'return def.withinMs + ',
  }),
  trailing({
    id: 'trailing-not-one-early',
    what: 'A trailing `not` fires when stream time reaches the due time, not when it exceeds it.',
    find: 'waiting.fetch(dueKey(def.name), fromMs, toMs - 1)',
    replace: 'waiting.fetch(dueKey(def.name), fromMs, toMs)',
  }),
  trailing({
    id: 'trailing-not-one-late',
    what: 'A trailing `not` fires one millisecond of stream time too late, or never.',
    find: 'waiting.fetch(dueKey(def.name), fromMs, toMs - 1)',
    replace: 'waiting.fetch(dueKey(def.name), fromMs, toMs - 2)',
  }),
  trailing({
    id: 'trailing-not-twice',
    what: 'A trailing `not` fires again for each event that completes another match of the same last event.',
    find: 'if (this.#hasFired(last, { key, by, offset })) continue',
    replace: '',
  }),
  trailing({
    id: 'trailing-not-due-at-arrival',
    what: 'A last event whose due time is stream time itself fires at once, although an answer may still come.',
    find: 'if (dueMs >= streamTimeMs) {',
    replace: 'if (dueMs > streamTimeMs) {',
  }),
  trailing({
    id: 'due-order',
    what: 'Several matches due at one record fire by offset instead of by due time.',
    find: 'a.dueMs - b.dueMs || comparePositions(a.event, b.event)',
    replace: 'a.event.offset - b.event.offset',
  }),
]
