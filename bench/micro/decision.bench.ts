/** A decision's canonical JSON as bytes, without and with a rule that fired; beside it JSON.stringify of the same object. */
import { Bench } from 'tinybench'
import { TextWriter } from '../../src/record/packed/text-writer.ts'
import { type DecisionParts, writeDecision } from '../../src/rules/decision.ts'
import { cycle } from './sample.ts'

const hash = `sha256:${'0'.repeat(64)}`
const evidence = [{ id: 'tx-1', offset: 17, partition: 0, step: 'a' }]
const fired = {
  rule: 'two-outlets-ten-minutes',
  mode: 'live',
  outcome: 'review',
  score: 70,
  reason: '212.45 miles in 8 min',
  evidence,
} as const
const decisions = (flagged: boolean): readonly DecisionParts[] =>
  Array.from({ length: 1_000 }, (_, n) => ({
    decisionId: `d:0:${n}`,
    event: { id: `tx-${n}`, offset: n, partition: 0, timeMs: 1_772_359_680_000 + n, type: 'card.authorised' },
    key: `cust-${n}`,
    firings: flagged ? [fired] : [],
    failed: [],
    truncated: [],
    features: {},
    rows: [],
    absent: [],
    ruleSet: { hash, offset: -1 },
  }))
const out = new TextWriter()
let characters = 0

const bench = new Bench({ time: 300, warmupTime: 100 })
for (const [name, flagged] of [
  ['nothing fired', false],
  ['one rule fired', true],
] as const) {
  const next = cycle(decisions(flagged))
  bench.add(`decision, ${name}`, () => {
    out.begin()
    writeDecision(next(), out)
    characters += out.at - out.start
  })
  bench.add(`rival: JSON.stringify, ${name}`, () => {
    characters += JSON.stringify(next()).length
  })
}
await bench.run()
console.table(bench.table())
if (characters === 0) throw new Error('nothing was written: the benchmark measures something else')
