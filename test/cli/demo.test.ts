import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSmallRules } from './small-rules.ts'
import { startWeir, temporaryFolder, weir } from './weir.ts'

const folder = temporaryFolder()
const rules = folder.inside('rules')
beforeAll(() => {
  writeSmallRules(rules)
})
afterAll(() => folder.remove())

const demo = (name: string, ...more: string[]) => [
  'demo',
  '--rules',
  rules,
  '--data-dir',
  folder.inside(name),
  '--customers',
  '20',
  '--rate',
  '1000',
  ...more,
]

/** What lies in the demo's main topic. */
async function records(name: string) {
  const { out } = await weir(['export', '--data-dir', folder.inside(name), '--out', '-'])
  const all = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const events = all.filter(({ kind }) => kind !== 'decision')
  const decided = all.filter(({ kind }) => kind === 'decision').map(({ payload }) => payload.event.id)
  return { ids: events.map(({ id }) => id), decided, cards: events.filter(({ type }) => type === 'card.authorised') }
}

describe('weir demo', () => {
  it('sends and decides so many events, and the next start goes on with those that follow', async () => {
    const first = await weir(demo('a', '--events', '150'))
    expect(first.code).toBe(0)
    expect(first.out).toContain('150 events sent')
    await weir(demo('a', '--events', '100'))
    const { ids, decided, cards } = await records('a')
    const simulated = await weir(['simulate', '--customers', '20', '--days', '30', '--out', '-'])
    const expected = simulated.out.split('\n', 250).map((line) => JSON.parse(line).id)
    expect(ids.toSorted()).toEqual(expected.toSorted())
    expect(decided.toSorted()).toEqual(cards.map(({ id }) => id).toSorted())
  })

  it('sends nothing twice after it was killed', async () => {
    const running = startWeir(demo('b'))
    await running.printed('a lot')
    running.child.kill('SIGKILL')
    await running.ended
    await weir(demo('b', '--events', '50'))
    const { ids, decided, cards } = await records('b')
    expect(new Set(ids).size).toBe(ids.length)
    expect(decided.toSorted()).toEqual(cards.map(({ id }) => id).toSorted())
  })

  it('ends cleanly at Ctrl-C', async () => {
    const running = startWeir(demo('c'))
    await running.printed('events sent')
    running.child.kill('SIGINT')
    const { code, out } = await running.ended
    expect(code).toBe(0)
    expect(out).toContain('the next start goes on from here')
  })
})
