import { createHash } from 'node:crypto'
import { canonicalJson } from '../record/canonical-json.ts'
import { formatEventTime } from '../time/event-time.ts'
import { defaultOptions } from './loading/build-options.ts'
import type { EventDef, FeatureDef, ListDef, Rule, RuleSet, RuleSetOptions, Step, TableDef } from './rule-set.ts'
import { type FieldType, fieldTypeName } from './value-type.ts'

type Content = Pick<RuleSet, 'options' | 'events' | 'tables' | 'lists' | 'features' | 'rules'>

/**
 * Writes a rule set as one JSON rule file in canonical form: what is written as a default is left out, durations are in
 * ms, rules are sorted by id and list items by value. Comments, key order, the split into files and the inline tests do
 * not change it, since they change no decision.
 */
export function canonicalForm(content: Content): string {
  return canonicalJson({
    version: 1,
    ...section('options', optionsForm(content.options)),
    // The events of global features are derived from these.
    ...section(
      'events',
      each(content.events, eventForm, (event) => event.feature === undefined),
    ),
    ...section('tables', each(content.tables, tableForm)),
    ...section('lists', each(content.lists, listForm)),
    ...section('features', each(content.features, featureForm)),
    ...(content.rules.length === 0 ? {} : { rules: [...content.rules].sort(byId).map(ruleForm) }),
  })
}

/** `sha256:` and the hex digest of a canonical form. */
export const hashOf = (canonical: string): string => `sha256:${createHash('sha256').update(canonical).digest('hex')}`

type Form = Record<string, unknown>

const byId = (a: Rule, b: Rule): number => (a.id < b.id ? -1 : 1)

const section = (name: string, form: Form): Form => (Object.keys(form).length === 0 ? {} : { [name]: form })

function each<T>(
  items: ReadonlyMap<string, T>,
  form: (item: T) => Form,
  keep: (item: T) => boolean = () => true,
): Form {
  return Object.fromEntries([...items].filter(([, item]) => keep(item)).map(([name, item]) => [name, form(item)]))
}

const duration = (ms: number): string => `${ms}ms`

/** Leaves out what is undefined, and what says no more than its default. */
function form(parts: Form, defaults: Form = {}): Form {
  return Object.fromEntries(
    Object.entries(parts).filter(([key, value]) => value !== undefined && value !== defaults[key]),
  )
}

function optionsForm(options: RuleSetOptions): Form {
  const { graceMs, emit, onLate, maxAheadMs, dataDedupeMs, tickAfterMs } = options
  const written = (ms: number, defaultMs: number) => (ms === defaultMs ? undefined : duration(ms))
  return form(
    {
      emit,
      onLate,
      grace: written(graceMs, defaultOptions.graceMs),
      maxAhead: written(maxAheadMs, defaultOptions.maxAheadMs),
      dataDedupe: written(dataDedupeMs, defaultOptions.dataDedupeMs),
      tickAfter: written(tickAfterMs, defaultOptions.tickAfterMs),
    },
    { emit: defaultOptions.emit, onLate: defaultOptions.onLate },
  )
}

const fieldsForm = (fields: ReadonlyMap<string, FieldType>): Form =>
  Object.fromEntries(
    [...fields].map(([name, field]) => {
      const type = fieldTypeName(field)
      return [name, field.pii ? { type, pii: true } : type]
    }),
  )

const eventForm = ({ dedupe, fields }: EventDef): Form =>
  form({ dedupe: dedupe ? undefined : 'off', fields: fieldsForm(fields) })

const tableForm = ({ from, id, on, fields }: TableDef): Form =>
  form({ from, id, on: on?.text, fields: fieldsForm(fields) })

function listForm({ from, items }: ListDef): Form {
  if (from === 'control') return { from }
  const sorted = [...items].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return { items: sorted }
}

function featureForm({ window, ...feature }: FeatureDef): Form {
  const { event, agg, where, value, by, include, scope, emit } = feature
  return form(
    {
      event,
      agg,
      where: where?.text,
      value: value?.text,
      by: by?.text,
      window:
        window.toMs === 0 ? duration(window.fromMs) : { from: duration(window.fromMs), to: duration(window.toMs) },
      include,
      scope,
      emit: emit?.text,
    },
    { include: 'current', scope: 'key' },
  )
}

function ruleForm(rule: Rule): Form {
  const { id, mode, describe, owner, tags, expiresAtMs, then } = rule
  const { outcome, score, reason } = then
  const expires = expiresAtMs === undefined ? undefined : formatEventTime(expiresAtMs - 1).slice(0, 10)
  const base = {
    id,
    mode,
    describe,
    owner,
    tags: tags.length === 0 ? undefined : tags,
    expires,
    // biome-ignore lint/suspicious/noThenProperty: the contract's name; it is no function, so nothing awaits it
    then: form({ outcome, score, reason: reason?.text }),
  }
  const condition = rule.kind === 'event' ? { event: rule.event, when: rule.when.text } : sequenceForm(rule)
  return form({ ...base, ...condition }, { mode: 'live' })
}

function sequenceForm({ by, withinMs, anyOrder, maxCandidates, steps }: Rule & { kind: 'sequence' }): Form {
  const sequence = form(
    { by: by?.text, within: duration(withinMs), anyOrder, maxCandidates, steps: steps.map(stepForm) },
    { anyOrder: false, maxCandidates: 1_000 },
  )
  return { sequence }
}

const stepForm = (step: Step): Form =>
  step.kind === 'event'
    ? form({ [step.name]: step.event, where: step.where?.text })
    : form({
        not: step.event,
        where: step.where?.text,
        for: step.forMs === undefined ? undefined : duration(step.forMs),
      })
