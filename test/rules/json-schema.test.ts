import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ruleFileJsonSchema } from '../../src/rules/json-schema.ts'
import { ruleFileSchema } from '../../src/rules/schema.ts'
import { issuesOf } from './marked.ts'

const example = await readFile(new URL('contract-example.yaml', import.meta.url), 'utf8')

describe('the JSON Schema', () => {
  it('describes every section and no others', () => {
    const schema = ruleFileJsonSchema()
    expect(Object.keys(schema['properties'] as object)).toEqual([
      'version',
      'options',
      'events',
      'tables',
      'lists',
      'features',
      'rules',
      'tests',
    ])
    expect(schema['additionalProperties']).toBe(false)
  })

  it('is plain JSON', () => {
    const schema = ruleFileJsonSchema()
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })

  it('comes from a schema that takes what loads', () => {
    expect(ruleFileSchema.safeParse(parse(example)).error).toBeUndefined()
  })

  it.each([
    'evnts: {}',
    'options: {grace: 10 min}',
    'events: {card: {amount: dubble}}',
    'tables: {c: {fields: {}}}',
    'lists: {x: {from: somewhere}}',
    'features: {x: {event: card, agg: cuont, window: 1h}}',
    'rules: [{id: r, event: card, when: 1 > 0, then: {outcome: block, score: 101}}]',
    'rules: [{id: r, sequence: {within: 1h, steps: [{not: card, fro: 1h}]}, then: {outcome: block, score: 1}}]',
    'tests: [{name: n, events: [{t: 5}], expect: []}]',
    'tests: [{name: n, events: [], expect: [{event: 0}]}]',
  ])('comes from a schema that refuses %s, as loading does', (text) => {
    expect(ruleFileSchema.safeParse(parse(text)).success).toBe(false)
    expect(issuesOf([{ path: 'a.yaml', text }]).some(({ severity }) => severity === 'error')).toBe(true)
  })
})
