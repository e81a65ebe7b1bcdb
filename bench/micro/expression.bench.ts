/** The rule's condition on a pair of events; beside it the same in hand-written TypeScript. */
import { Bench } from 'tinybench'
import { miles } from '../../src/rules/expression-values.ts'
import type { SequenceRule } from '../../src/rules/rule-set.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { cycle } from './sample.ts'

const rule = tenMinuteRule('all').rules[0] as SequenceRule
const step = rule.steps[1]!
const condition = step.where!
const pairs = Array.from({ length: 1_000 }, (_, n) => ({
  a: { outletId: `o-${n % 7}`, geo: { lat: 50 + n / 1_000, lon: 1 } },
  b: { outletId: `o-${n % 5}`, geo: { lat: 50, lon: 1 + n / 500 } },
}))
const next = cycle(pairs)
let matched = 0

const bench = new Bench({ time: 300, warmupTime: 100 })
bench.add('compiled condition', () => {
  if (condition.evaluate(next()) === true) matched++
})
bench.add('rival: by hand', () => {
  const { a, b } = next()
  if (a.outletId !== b.outletId && miles(a.geo, b.geo) > 3) matched++
})
await bench.run()
console.table(bench.table())
if (matched === 0) throw new Error('nothing matched: the benchmark measures something else')
