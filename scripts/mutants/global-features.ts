import { faultsIn } from './mutant.ts'

const meaning = ['test/rules/global-features.test.ts']
const contributions = ['test/rules/global-contributions.test.ts']
const sources = faultsIn('src/rules/operators/source-times.ts', ['test/rules/source-times.test.ts'])
const contribute = faultsIn('src/rules/operators/contribute.ts', meaning)
const global = faultsIn('src/rules/operators/global-features.ts', contributions)
const result = faultsIn('src/rules/operators/global-topics.ts', meaning)
const replay = ['test/replay/global-features.test.ts']

/** Features across customers. */
export const globalFeatureFaults = [
  sources({
    id: 'global-forgets-by-furthest',
    what: 'Windows across customers forget by the partition that is furthest.',
    find: 'if (!isIdle && time.streamTimeMs < lowestMs)',
    replace: 'if (isIdle && time.streamTimeMs < lowestMs)',
  }),
  sources({
    id: 'global-idle-by-time-alone',
    what: 'A partition that is far behind is given up although it is heard all the time.',
    find: ' && offset - time.offset > offsets',
    replace: '',
  }),
  sources({
    id: 'global-idle-by-silence-alone',
    what: 'A silent partition is given up although it is not behind.',
    find: 'furthestMs - time.streamTimeMs > behindMs && ',
    replace: '',
  }),
  sources({
    id: 'global-sources-forgotten',
    what: 'A restart forgets how far the partitions were.',
    find: 'this.#store.get(String(partition)) ?? neverHeard',
    replace: 'neverHeard',
  }),
  contribute({
    id: 'global-where-ignored',
    what: 'An event that `where` does not take counts across customers.',
    find: 'where.evaluate(scope) !== true',
    replace: 'where.evaluate(scope) === null',
  }),
  contribute({
    id: 'global-value-absent-counts',
    what: 'An event without the value gives a result.',
    find: 'return added === undefined ? undefined : { by: keptBy, value: added }',
    replace: 'return added === undefined ? { by: keptBy } : { by: keptBy, value: added }',
  }),
  global({
    id: 'global-emit-ignored',
    what: 'Results that `emit` does not take are written.',
    find: ' !== true) return\n    ctx.count(`results',
    replace: ' === null) return\n    ctx.count(`results',
    tests: meaning,
  }),
  global({
    id: 'global-expired-answered',
    what: 'A contribution from before what is kept gets a result of what is left.',
    find: 'cause.timeMs < ctx.streamTimeMs() - definition.graceMs',
    replace: 'cause.timeMs < 0',
  }),
  global({
    id: 'global-definitions-mixed',
    what: 'A feature goes on with the window of its old definition.',
    find: '    name: hash,',
    replace: "    name: hash.slice(0, 0) + 'one',",
  }),
  result({
    id: 'global-result-on-other-time',
    what: 'A result has the time of the partition instead of its cause.',
    find: 'const { partition, timeMs } = cause',
    replace: 'const { partition } = cause\n    const timeMs = contribution.streamTimeMs + 1',
  }),
  faultsIn(
    'src/rules/main-source.ts',
    meaning,
  )({
    id: 'global-other-definition-believed',
    what: 'A result of another definition is taken for this one.',
    find: '?? hash) === hash',
    replace: '?? hash) !== undefined',
  }),
  faultsIn(
    'src/rules/operators/admit.ts',
    meaning,
  )({
    id: 'global-result-late',
    what: 'A result that comes back after grace is late.',
    find: ' && feature === undefined)',
    replace: ')',
  }),
  faultsIn(
    'src/rules/operators/ready-events.ts',
    meaning,
  )({
    id: 'global-result-reads-what-is-gone',
    what: 'A result that comes back after grace reads features from windows that are partly gone.',
    find: 'if (event.timeMs >= streamTimeMs - this.#graceMs)',
    replace: 'if (event.timeMs >= 0)',
  }),
  faultsIn(
    'src/record/ingress.ts',
    meaning,
  )({
    id: 'global-result-moves-time',
    what: 'A result moves stream time.',
    find: "head.kind === 'business' ? !isResult(head)",
    replace: "head.kind === 'business' ? true",
  }),
  faultsIn('src/rules/authenticity.ts', ['test/runtime/global-features.test.ts'])({
    id: 'global-result-code-unbound',
    what: 'A result is believed by a code that does not cover its type, time and partition.',
    find: 'isResult(head) ? boundOf(head, record) : undefined',
    replace: 'isResult(head) && !verifyMac(macSecret, record, head.id) ? boundOf(head, record) : undefined',
  }),
  faultsIn('src/task/changelog-trimmer.ts', ['test/task/changelog-trimmer.test.ts'])({
    id: 'held-back-changelog-trimmed',
    what: 'Changelogs are trimmed by a stream time that is held back, above entries that are later.',
    find: 'trim.note({ offset: end, latestMs },',
    replace: 'trim.note({ offset: end, latestMs: streamTimeMs },',
  }),
  faultsIn(
    'src/operators/features/evaluator.ts',
    ['test/property/rules/global-features.test.ts'],
    'property',
  )({
    id: 'held-back-window-cut',
    what: 'A window that is read for an event ahead lacks what one behind asks for.',
    find: 'Math.min(event.timeMs, streamTimeMs)',
    replace: 'event.timeMs',
  }),
  faultsIn('src/task/input-trimmer.ts', ['test/task/input-trimmer.test.ts'])({
    id: 'input-trimmed-at-once',
    what: 'Every commit deletes from the repartition topic.',
    find: 'if (clock.nowMs() - this.#trimmedAtMs < trimEveryMs) return',
    replace: '',
  }),
  faultsIn(
    'src/replay/spooled-lines.ts',
    replay,
  )({
    id: 'merged-ties-by-last',
    what: 'Of lines with one timestamp the one of the highest partition comes first.',
    find: 'head.timestampMs < first.timestampMs',
    replace: 'head.timestampMs <= first.timestampMs',
  }),
  faultsIn(
    'src/replay/feature-records.ts',
    replay,
  )({
    id: 'recorded-of-other-definition',
    what: 'A back-test takes the results of another definition from an export.',
    find: '?? hash) === hash) this',
    replace: '?? hash) !== undefined) this',
  }),
  faultsIn(
    'src/rules/places.ts',
    replay,
  )({
    id: 'results-share-a-place',
    what: 'In a back-test a result has the place of its cause.',
    find: 'this.features.indexOf(feature) + 1',
    replace: '0',
  }),
]
