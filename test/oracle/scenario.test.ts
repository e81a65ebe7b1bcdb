import { describe, expect, it } from 'vitest'
import type { ExpectedDecision } from '../support/oracle/decide.ts'
import { layOut } from '../support/oracle/lay-out.ts'
import { recompute } from '../support/oracle/oracle.ts'
import { scenarioTwins } from '../support/oracle/scenario-twins.ts'
import { type ScenarioCase, scenario, scenarioPartitions } from '../support/scenario/events.ts'

const { lines, cases } = scenario()
const expected = recompute(layOut(lines, scenarioPartitions), { ruleSet: { hash: 'sha256:0', offset: -1 } })
const decisions = expected.flatMap((partition) => partition.decisions)
const count = (of: (partition: (typeof expected)[number]) => readonly unknown[]) =>
  expected.reduce((sum, partition) => sum + of(partition).length, 0)

const byEvent = Map.groupBy(decisions, ({ key, eventId }) => `${key} ${eventId}`)

function holds({ key, event, is, rule }: ScenarioCase): boolean {
  const found: readonly ExpectedDecision[] = byEvent.get(`${key} ${event}`) ?? []
  if (is === 'undecided') return found.length === 0
  if (is === 'once' || is === 'twice') return found.length === (is === 'once' ? 1 : 2)
  const [decision] = found
  if (decision === undefined || found.length > 1) return false
  if (is === 'late' || is === 'on-time') return (decision.late !== undefined) === (is === 'late')
  return decision.late === undefined && decision.fired.includes(rule!) === (is === 'fired')
}

describe('the scenario', () => {
  it('is the same each time', () => {
    expect(scenario().lines).toEqual(lines)
  })

  it('has over 20,000 events on four partitions, rows among them', () => {
    expect(lines.length).toBeGreaterThan(20_000)
    expect(lines.filter(({ kind }) => kind === 'data').length).toBeGreaterThan(2000)
    expect(count(({ decisions }) => (decisions.length > 0 ? [1] : []))).toBe(scenarioPartitions)
  })

  it('decides every case as its author says', () => {
    expect(cases.filter((one) => !holds(one))).toEqual([])
  })

  it('has at least 50 cases beside a bound', () => {
    expect(cases.filter(({ near }) => near).length).toBeGreaterThanOrEqual(50)
  })

  it('fires in at least 300 decisions, each rule at least 20 times', () => {
    expect(decisions.filter(({ fired }) => fired.length > 0).length).toBeGreaterThanOrEqual(300)
    for (const { id } of scenarioTwins)
      expect(decisions.filter(({ fired }) => fired.includes(id)).length, id).toBeGreaterThanOrEqual(20)
  })

  it('has late events, duplicates, dead letters and dropped ones, and events out of order', () => {
    expect(count(({ late }) => late)).toBeGreaterThanOrEqual(10)
    expect(count(({ duplicates }) => duplicates)).toBeGreaterThanOrEqual(50)
    expect(count(({ deadLetters }) => deadLetters)).toBeGreaterThanOrEqual(10)
    expect(count(({ dropped }) => dropped)).toBeGreaterThanOrEqual(5)
    const highest = new Map<string, number>()
    const disordered = lines.filter(({ key, time }) => {
      const before = highest.get(key) ?? 0
      highest.set(key, Math.max(before, time))
      return time < before
    })
    expect(disordered.length).toBeGreaterThan(20)
  })

  it('leaves out what is not flagged when asked to', () => {
    const options = { ruleSet: { hash: 'sha256:0', offset: -1 }, emit: 'flagged' } as const
    const flagged = recompute(layOut(lines, scenarioPartitions), options).flatMap((partition) => partition.decisions)
    expect(flagged).toEqual(decisions.filter(({ fired }) => fired.length > 0))
  })
})
