import { faultsIn } from './mutant.ts'

const tests = ['test/rules/decisions.test.ts']
const decision = faultsIn('src/rules/decision.ts', tests)
const decide = faultsIn('src/rules/operators/decide.ts', tests)
const plan = faultsIn('src/rules/plan.ts', tests)

/** What a decision says. */
export const decisionFaults = [
  decision({
    id: 'shadow-counts',
    what: 'A shadow rule is part of the outcome.',
    find: "if (firing.mode !== 'live') continue",
    replace: '',
  }),
  decision({
    id: 'lowest-severity',
    what: 'The least severe of the outcomes counts.',
    find: 'severity = Math.max(severity, outcomes.indexOf(firing.outcome))',
    replace: 'severity = Math.min(severity || 9, outcomes.indexOf(firing.outcome))',
  }),
  decision({
    id: 'score-summed',
    what: 'Scores are added up instead of the highest being taken.',
    find: 'score = Math.max(score, firing.score)',
    replace: 'score += firing.score',
  }),
  decision({
    id: 'fired-unsorted',
    what: 'The rules that fired stand in the order of the files.',
    find: 'entries.length < 2 ? entries',
    replace: 'entries.length < 99 ? entries',
  }),
  decision({
    id: 'decision-not-canonical',
    what: "A decision's members are not in the order of their names.",
    find: '? { evidence: events, mode, outcome',
    replace: '? { mode, evidence: events, outcome',
    tests: ['test/rules/decision.test.ts'],
  }),
  plan({
    id: 'off-rule-evaluated',
    what: 'A rule that is off is evaluated.',
    find: "rule.mode !== 'off')",
    replace: 'rule.mode !== undefined)',
  }),
  plan({
    id: 'expired-one-late',
    what: 'A rule is still in force in the first millisecond after its last day.',
    find: 'timeMs >= rule.expiresAtMs',
    replace: 'timeMs > rule.expiresAtMs',
  }),
  faultsIn(
    'src/rules/operators/event-rule.ts',
    tests,
  )({
    id: 'expired-rule-evaluated',
    what: 'A rule past its last day is evaluated when another rule on the type is in force.',
    find: 'if (isExpired(rule, ',
    replace: "if (rule.id === '' && isExpired(rule, ",
    tests: [...tests, 'test/rules/decided-parts.test.ts'],
  }),
  faultsIn(
    'src/rules/operators/event-rule.ts',
    tests,
  )({
    id: 'failure-fails-the-event',
    what: 'A failure in one rule keeps the others from being evaluated.',
    find: "return { kind: 'failed', rule, code: 'evaluation-failed' }",
    replace: "throw new TypeError('evaluation failed')",
    tests: ['test/rules/decided-parts.test.ts'],
  }),
  decide({
    id: 'emit-ignored',
    what: 'Decisions in which nothing fired are written although only flagged ones are wanted.',
    find: "if (this.#options.ruleSet.options.emit === 'flagged' && firings.length === 0) return",
    replace: '',
  }),
  faultsIn(
    'src/rules/operators/named-paths.ts',
    tests,
  )({
    id: 'absent-unsorted',
    what: 'Absent paths stand in the order in which the conditions read them.',
    find: "path !== 'key')\n    .sort()",
    replace: "path !== 'key')",
    tests: [...tests, 'test/rules/decided-parts.test.ts'],
  }),
  decide({
    id: 'overdue-rule-order',
    what: 'Rules due at the same time for the same event decide in the wrong order.',
    find: 'a.offset - b.offset || (a.rule < b.rule ? -1 : 1)',
    replace: 'a.offset - b.offset || (a.rule < b.rule ? 1 : -1)',
    tests: ['test/rules/trailing-not.test.ts'],
  }),
  faultsIn(
    'src/rules/operators/ready-events.ts',
    tests,
  )({
    id: 'row-offset-of-event',
    what: 'A decision names its own offset as that of the row it read.',
    find: 'id: row.recordId, offset: row.offset }',
    replace: 'id: row.recordId, offset: record.offset }',
  }),
  faultsIn('src/rules/operators/sequence-rule.ts', ['test/rules/decided-parts.test.ts'])({
    id: 'evidence-order',
    what: 'The evidence of a sequence stands from the last step to the first.',
    find: '.filter(({ name }) => name !== arriving)',
    replace: '.toReversed()\n    .filter(({ name }) => name !== arriving)',
  }),
  faultsIn(
    'src/rules/template.ts',
    tests,
  )({
    id: 'masked-field-shown',
    what: 'A reason shows a personal field.',
    find: "return expression.pii ? '***' : print(value)",
    replace: 'return print(value)',
  }),
]
