import { loadRuleFiles } from '../../src/rules/loader.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'

export type Emit = RuleSet['options']['emit']

const text = (emit: Emit): string => `version: 1
options: {grace: 1h, emit: ${emit}}
events:
  card.authorised: {cardId: string, amount: double, status: string, outletId: string, geo: geo}
rules:
- id: two-outlets-ten-minutes
  sequence:
    by: e.cardId
    within: 10m
    steps:
    - a: card.authorised
    - b: card.authorised
      where: a.outletId != b.outletId && miles(a.geo, b.geo) > 3.0
  then: {outcome: review, score: 70, reason: "{miles(a.geo, b.geo)} miles in {minutes(a.time, b.time)} min"}
`

/** The one rule that Weir and its rivals run. */
export const tenMinuteRule = (emit: Emit): RuleSet => loadRuleFiles([{ path: 'ten-minutes.yaml', text: text(emit) }])
