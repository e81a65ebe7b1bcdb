import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { scenarioEvents, scenarioTables, scenarioTwins } from '../support/oracle/scenario-twins.ts'
import type { SequenceTwin, Twin, WhenTwin } from '../support/oracle/twins.ts'
import { scenarioRules } from '../support/scenario/events.ts'

interface RuleText {
  readonly id: string
  readonly mode?: string
  readonly event?: string
  readonly when?: string
  readonly sequence?: { readonly by?: string; readonly within: string; readonly steps: Record<string, string>[] }
  readonly then: { readonly outcome: string; readonly score: number; readonly reason?: string }
}

interface FileText {
  readonly events?: Readonly<Record<string, unknown>>
  readonly tables?: Readonly<Record<string, { from: string; id?: string; on?: string; fields: unknown }>>
  readonly rules: readonly RuleText[]
}

const files = readdirSync(scenarioRules).map((name) => parse(readFileSync(scenarioRules + name, 'utf8')) as FileText)
const rules = files.flatMap((file) => file.rules)
const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000 }
const durationMs = (text: string) => Number(text.slice(0, -1)) * unitMs[text.slice(-1)]!

/** What a rule's text and its twin can be compared by: all but the conditions themselves. */
const shapeOfText = ({ id, mode = 'live', event, when, sequence, then }: RuleText) => ({
  id,
  mode,
  outcome: then.outcome,
  score: then.score,
  hasReason: then.reason !== undefined,
  event,
  names: when === undefined ? undefined : [...new Set(when.match(/\b[et]\.[\w.]+/g))].sort(),
  withinMs: sequence === undefined ? undefined : durationMs(sequence.within),
  hasBy: sequence?.by !== undefined,
  steps: sequence?.steps.map((step) => [Object.entries(step)[0]!.join(' '), step['where'] !== undefined]),
})

const shapeOfTwin = (twin: WhenTwin | SequenceTwin): ReturnType<typeof shapeOfText> => {
  const { id, mode, outcome, score } = twin
  const head = { id, mode, outcome, score, hasReason: twin.reason !== undefined }
  if (twin.kind === 'when')
    return { ...head, event: twin.event, names: [...twin.names], withinMs: undefined, hasBy: false, steps: undefined }
  const steps = twin.steps.flatMap(({ name, type, not, where }): [string, boolean][] => {
    const step: [string, boolean] = [`${name} ${type}`, where !== undefined]
    return not === undefined ? [step] : [[`not ${not}`, false], step]
  })
  return { ...head, event: undefined, names: undefined, withinMs: twin.withinMs, hasBy: twin.by !== undefined, steps }
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

describe("the scenario's rule set", () => {
  it('has a twin by hand for each rule', () => {
    const hasNoTrailing = (twin: Twin) => twin.kind !== 'trailing'
    expect(scenarioTwins.filter(hasNoTrailing).map(shapeOfTwin).sort(byId)).toEqual(rules.map(shapeOfText).sort(byId))
  })

  it('declares the events and tables that the twins read', () => {
    expect(Object.assign({}, ...files.map(({ events }) => events))).toEqual(scenarioEvents)
    const tables = Object.entries(
      Object.assign({}, ...files.map((file) => file.tables)) as NonNullable<FileText['tables']>,
    )
    const asTwins = tables.map(([name, { on, ...table }]) => ({
      name,
      ...table,
      ...(on && { on: on.replace('e.', '') }),
    }))
    expect(asTwins).toEqual(scenarioTables)
  })
})
