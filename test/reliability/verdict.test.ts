import { expect, it } from 'vitest'
import { quantile } from './row.ts'
import { compareDecisions } from './verdict.ts'

const decision = (id: string, value = `{"of":"${id}"}`) => ({ id, key: 'k', value })
const expected = ['a', 'b', 'c', 'd'].map((id) => decision(id))
const found = (...ids: string[]) => ids.map((id) => ({ ...decision(id), value: Buffer.from(decision(id).value) }))
const nothing = { lost: 0, duplicated: 0, misplaced: 0, wrong: 0 }

it.each([
  ['nothing when all is there', found('a', 'b', 'c', 'd'), nothing],
  ['what is lost', found('a', 'd'), { ...nothing, lost: 2 }],
  ['what is there twice', found('a', 'b', 'b', 'c', 'd', 'a'), { ...nothing, duplicated: 2 }],
  ['what is out of order', found('a', 'c', 'b', 'd'), { ...nothing, misplaced: 1 }],
  ['other bytes', [...found('a', 'b', 'c'), { ...decision('d', '{}') }], { ...nothing, wrong: 1 }],
  ['what nobody expected', found('a', 'b', 'c', 'x', 'd'), { ...nothing, wrong: 1 }],
])('a verdict counts %s', (_what, decisions, verdict) => {
  expect(compareDecisions(decisions, expected)).toEqual(verdict)
})

it('a quantile is one of the values', () => {
  expect([0, 0.5, 1].map((share) => quantile([3, 1, 2], share))).toEqual([1, 2, 3])
})
