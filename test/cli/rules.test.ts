import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './in-process.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
const good = folder.inside('good')
const bad = folder.inside('bad')

const rules = (when: string) => `version: 1
events: {card.authorised: {amount: double}}
rules:
- id: large
  event: card.authorised
  when: ${when}
  then: {outcome: review, score: 50}
`

beforeAll(() => {
  for (const dir of [good, bad]) mkdirSync(dir)
  writeFileSync(`${good}/a.yaml`, rules('e.amount > 100.0'))
  writeFileSync(`${bad}/a.yaml`, rules('e.amuont > 100.0').replace('score: 50', 'score: 500'))
})
afterAll(() => folder.remove())

describe('weir check', () => {
  it('ends with 0 and the hash of a sound rule set', async () => {
    const { code, out, err } = await runInProcess(['check', good])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/1 rule, 0 features, 0 tables, 0 tests\nsha256:[0-9a-f]{64}\n$/)
  })

  it('ends with 1 and every problem with its place', async () => {
    const { code, out, err } = await runInProcess(['check', bad])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('2 problems')
    expect(err).toMatch(/a\.yaml:6:\d+/)
    expect(err).toMatch(/a\.yaml:7:\d+/)
  })

  it('gives the same for machines', async () => {
    const { code, out, err } = await runInProcess(['check', bad, '--json'])
    expect([code, err]).toEqual([1, ''])
    const { ok, hash, issues } = JSON.parse(out)
    expect([ok, hash, issues.length]).toEqual([false, undefined, 2])
  })

  it('is misuse to name a folder that is not there, or a file', async () => {
    expect((await runInProcess(['check', '/nowhere'])).code).toBe(2)
    expect((await runInProcess(['check', `${good}/a.yaml`])).err).toContain('is no folder')
  })
})

describe('weir describe', () => {
  const describing = (...args: string[]) => runInProcess(['describe', '--rules', good, ...args])

  it('prints the topology as text, as Mermaid and as JSON', async () => {
    expect((await describing()).out).toContain('Sub-topology: 0')
    expect((await describing('--mermaid')).out).toMatch(/^flowchart TD\n/)
    const { subTopologies } = JSON.parse((await describing('--json')).out)
    expect(subTopologies[0].nodes.map(({ name }: { name: string }) => name)).toContain('rule large')
  })

  it('names the topics as asked', async () => {
    expect((await describing('--topic', 'events')).out).toContain('topic: events-dead-letter')
  })

  it('ends with 1 and the problems of rules that do not load', async () => {
    const { code, err } = await runInProcess(['describe', '--rules', bad])
    expect(code).toBe(1)
    expect(err).toMatch(/a\.yaml:6:\d+/)
  })
})

describe('weir schema', () => {
  it('prints a JSON Schema with every section of a rule file', async () => {
    const { code, out } = await runInProcess(['schema'])
    expect(code).toBe(0)
    const { $schema, properties, additionalProperties } = JSON.parse(out)
    expect($schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(additionalProperties).toBe(false)
    expect(Object.keys(properties).sort()).toEqual([
      'events',
      'features',
      'lists',
      'options',
      'rules',
      'tables',
      'tests',
      'version',
    ])
  })
})
