import { faultsIn } from './mutant.ts'

const tests = ['test/operators/features/windowed-aggregate.test.ts']
const window = faultsIn('src/operators/features/feature-window.ts', tests)
const evaluator = faultsIn('src/operators/features/evaluator.ts', tests)
const sums = faultsIn('src/operators/features/number-sums.ts', tests)
const plan = faultsIn('src/operators/features/plan.ts', tests)
const property = { tests: ['test/property/features/features.test.ts'], project: 'property' } as const

/** Windowed features. */
export const featureFaults = [
  window({
    id: 'window-from-exclusive',
    what: 'An event exactly as old as the window is long is left out.',
    find: 'timeMs - plan.fromMs,',
    replace: 'timeMs - plan.fromMs + 1,',
  }),
  window({
    id: 'window-from-one-more',
    what: 'An event one millisecond older than the window is counted.',
    find: 'timeMs - plan.fromMs,',
    replace: 'timeMs - plan.fromMs - 1,',
  }),
  window({
    id: 'window-to-exclusive',
    what: "An event at the window's young end is left out.",
    find: 'timeMs - plan.toMs + 1',
    replace: 'timeMs - plan.toMs',
  }),
  window({
    id: 'window-to-one-more',
    what: "An event one millisecond younger than the window's young end is counted.",
    find: 'timeMs - plan.toMs + 1',
    replace: 'timeMs - plan.toMs + 2',
  }),
  plan({
    id: 'prior-current-swapped',
    what: 'Features of prior events count the event in hand, and the others do not.',
    find: "=> include === 'prior'",
    replace: "=> include !== 'prior'",
  }),
  evaluator({
    id: 'feature-evicted-early',
    what: 'What a late event still needs of a window is dropped from memory.',
    find: 'window.prune(streamTimeMs - reachMs)',
    replace: 'window.prune(streamTimeMs - reachMs + this.#plan.def.graceMs)',
    ...property,
  }),
  window({
    id: 'feature-sees-later-records',
    what: 'A record that is processed again after a crash counts itself, from before the crash.',
    find: 'other < offset',
    replace: 'other <= offset',
    ...property,
  }),
  plan({
    id: 'feature-forgets-within-grace',
    what: 'A feature keeps events no longer than its window, so that a late one finds nothing.',
    find: 'features.map(({ fromMs }) => fromMs)) + def.graceMs',
    replace: 'features.map(({ fromMs }) => fromMs))',
  }),
  plan({
    id: 'feature-key-ignored',
    what: "A feature counts other customers' events.",
    find: 'compositeKey([def.name, event.key, by])',
    replace: 'compositeKey([def.name, by])',
  }),
  plan({
    id: 'feature-by-ignored',
    what: 'A feature `by` card counts the events of all cards.',
    find: 'compositeKey([def.name, event.key, by])',
    replace: 'compositeKey([def.name, event.key])',
  }),
  sums({
    id: 'sum-in-doubles',
    what: 'A sum is rounded at every addition instead of once.',
    find: 'sum += fixed',
    replace: 'sum = BigInt(Number(sum + fixed))',
  }),
  sums({
    id: 'variance-rounded-twice',
    what: 'A standard deviation is rounded before its division too.',
    find: 'return toDouble(n * squares - sum * sum, 2 * bits, n * n)',
    replace: 'return toDouble(n * squares - sum * sum, 2 * bits) / Number(n * n)',
    ...property,
  }),
  faultsIn(
    'src/operators/features/distinct-values.ts',
    property.tests,
    property.project,
  )({
    id: 'distinct-never-leaves',
    what: 'A value that left the window still counts as one of the distinct values.',
    find: 'this.#move(this.#fromMs, fromMs, -1)',
    replace: '',
  }),
  faultsIn(
    'src/operators/features/window-log.ts',
    property.tests,
    property.project,
  )({
    id: 'feature-tie-order',
    what: 'Of two events at the same time the one with the higher offset is the first.',
    find: 'chunk.offsets[index]! < offset)',
    replace: 'chunk.offsets[index]! > offset)',
  }),
  faultsIn('src/state/key-history.ts', ['test/state/history-store.test.ts'])({
    id: 'history-part-taken-for-whole',
    what: 'What memory keeps of a key, because the database does not have it yet, is taken for all of its events.',
    find: 'this.isWhole = false',
    replace: '',
  }),
  faultsIn('src/state/history-store.ts', ['test/state/history-store.test.ts'])({
    id: 'history-let-go-unwritten',
    what: 'Events of a feature that the database does not have yet are let go.',
    find: 'if (offset > held.putOffset) held.putOffset = offset',
    replace: '',
  }),
  faultsIn(
    'src/rules/operators/feature-group.ts',
    ['test/property/features/groups.test.ts'],
    'property',
  )({
    id: 'joined-condition-ignored',
    what: 'A feature that shares its events with others counts those that its condition excludes.',
    find: 'own.evaluate(scope) !== true',
    replace: 'own.evaluate(scope) === null',
  }),
]
