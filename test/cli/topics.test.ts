import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { runInProcess } from './in-process.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
let log: Log

beforeAll(() => {
  writeFileSync(
    folder.inside('rules.yaml'),
    `version: 1
events: {card.authorised: {amount: double, cardId: string}}
rules:
- id: two-large
  sequence:
    by: e.cardId
    within: 10m
    steps: [{a: card.authorised, where: e.amount > 100.0}, {b: card.authorised, where: e.amount > 100.0}]
  then: {outcome: review, score: 50}
`,
  )
})
beforeEach(async () => {
  log = await openMemoryLog()
  return () => log.close()
})
afterAll(() => folder.remove())

const create = (...args: string[]) => runInProcess(['topics', 'create', ...args], { log })

describe('weir topics create', () => {
  it('creates main, its side topics and the changelogs of the rules, all with the same partitions', async () => {
    const { code, out } = await create('--partitions', '3', '--rules', folder.path, '--json')
    expect(code).toBe(0)
    const { topics } = JSON.parse(out)
    const names = topics.map(({ topic }: { topic: string }) => topic)
    expect(names).toEqual(
      expect.arrayContaining([
        'main',
        'main-dead-letter',
        'main-late',
        'weir-system-changelog',
        'weir-sequence-events-changelog',
      ]),
    )
    for (const name of names) expect((await log.describeTopic(name))?.partitions).toBe(3)
    expect((await log.describeTopic('main'))?.config).toMatchObject({
      'retention.ms': '-1',
      'cleanup.policy': 'delete',
    })
  })

  it('creates nothing on a dry run', async () => {
    const { code, out } = await create('--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('planned  main')
    expect(await log.topics()).toEqual([])
  })

  it('says the second time that all are there', async () => {
    await create()
    const { code, out } = await create('--json')
    expect(code).toBe(0)
    expect(JSON.parse(out).topics.map(({ state }: { state: string }) => state)).not.toContain('created')
  })

  it('ends with 1 when a topic has another number of partitions', async () => {
    await create('--partitions', '2')
    const { code, err } = await create('--partitions', '4')
    expect(code).toBe(1)
    expect(err).toContain('main has 2 partitions, not 4')
  })

  it('warns when main forgets, when it is made so and when it is found so', async () => {
    expect((await create('--retention', '90d')).err).toContain('main forgets')
    expect((await create()).err).toContain(`main keeps records for retention.ms=${90 * 86_400_000}`)
  })

  it('explains replication and retention in its help', async () => {
    const { out } = await create('--help')
    expect(out).toContain('min.insync.replicas=2')
    expect(out).toContain('Retention: main keeps everything')
  })
})
