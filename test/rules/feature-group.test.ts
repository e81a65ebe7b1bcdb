import { expect, test } from 'vitest'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { groupFeatures } from '../../src/rules/operators/feature-group.ts'

function groupsOf(...features: readonly string[]): string[][] {
  const { features: loaded } = loadRuleFiles([
    {
      path: 'features.yaml',
      text: `version: 1
events:
  paid: {amount: double, card: string}
  seen: {}
features:
${features.map((feature) => `  ${feature}\n`).join('')}rules:
- {id: r, event: paid, when: e.amount > 1.0, then: {outcome: review, score: 1}}
`,
    },
  ])
  return groupFeatures(loaded.values(), 3_600_000).map((group) => group.features.map(({ name }) => name))
}

const large = 'where: e.amount > 10.0'
const small = 'where: e.amount < 5.0'

test('features with a condition share events that are kept for all of them anyway', () => {
  expect(
    groupsOf(`some: {event: paid, agg: count, ${large}, window: 1h}`, 'all: {event: paid, agg: count, window: 30d}'),
  ).toEqual([['all', 'some']])
})

test('an event is not kept for long because a rare one is', () => {
  expect(
    groupsOf(`rare: {event: paid, agg: count, ${large}, window: 30d}`, 'all: {event: paid, agg: count, window: 1h}'),
  ).toEqual([['rare'], ['all']])
})

test('features with other conditions share events when they keep them about as long', () => {
  const groups = (hours: number) =>
    groupsOf(
      `a: {event: paid, agg: count, ${large}, window: ${hours}h}`,
      `b: {event: paid, agg: count, ${small}, window: 1h}`,
    )
  expect(groups(3), 'four hours with grace, and two').toEqual([['a', 'b']])
  expect(groups(4)).toEqual([['a'], ['b']])
})

test('another type or another key is another group', () => {
  expect(
    groupsOf(
      'a: {event: paid, agg: count, window: 1h}',
      'b: {event: paid, agg: count, by: e.card, window: 1h}',
      'c: {event: seen, agg: count, window: 1h}',
    ),
  ).toEqual([['a'], ['b'], ['c']])
})
