import { afterEach, describe, expect, it } from 'vitest'
import { eventHeaders } from '../../src/record/ingress.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { memoryEngine } from '../../src/state/engines/memory.ts'
import { ReplayTask } from '../../src/task/replay-task.ts'

const rules = `
version: 1
events:
  card.authorised: {outletId: string}
tables:
  customers: {from: public.customers, fields: {country: string}}
lists:
  blocked: {from: control}
rules:
- id: country
  event: card.authorised
  when: 'true'
  then: {outcome: review, score: 1, reason: "{t.customers.country}"}
- id: listed
  event: card.authorised
  when: inList('blocked', e.outletId)
  then: {outcome: block, score: 90}
- id: again
  sequence:
    within: 10m
    steps:
    - a: card.authorised
    - b: card.authorised
  then: {outcome: review, score: 5}
- id: again-listed
  sequence:
    within: 10m
    steps:
    - a: card.authorised
      where: a.outletId != 'o-9'
    - b: card.authorised
      where: inList('blocked', b.outletId)
  then: {outcome: review, score: 5}
`
const kinds = {
  card: ['business', 'card.authorised'],
  row: ['data', 'public.customers'],
  list: ['control', 'list'],
} as const

interface Line {
  readonly what: keyof typeof kinds
  readonly timeMs: number
  readonly payload?: unknown
}

const card = (timeMs: number, payload: unknown = {}): Line => ({ what: 'card', timeMs, payload })
const row = (timeMs: number, country: string): Line => ({
  what: 'row',
  timeMs,
  payload: { op: 'u', before: null, after: { country } },
})

const recordOf = ({ what, timeMs, payload }: Line, offset: number): LogRecord => {
  const [kind, type] = kinds[what]
  return {
    topic: 'main',
    partition: 0,
    offset,
    timestampMs: timeMs,
    key: Buffer.from('k'),
    value: Buffer.from(JSON.stringify(payload)),
    headers: eventHeaders({ kind, type, id: `${offset}`, timeMs }),
  }
}

let task: ReplayTask | undefined

afterEach(async () => {
  await task?.close()
  task = undefined
})

/** What each decision fired, all lines in one batch. */
async function decide(...lines: readonly Line[]) {
  const ruleSet = await loadRuleFiles([{ path: 'rules.yaml', text: rules }])
  const { subTopologies } = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic: 'main',
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 1 << 20,
    authenticity: unsigned('test'),
    stamp: () => ({}),
  })
  task = await ReplayTask.open({
    topology: subTopologies[0]!,
    partition: 0,
    engine: memoryEngine(),
    folder: 'state',
    count() {},
  })
  const outgoing = await task.process(lines.map(recordOf))
  return outgoing.map(({ value }) => {
    const { event, fired } = JSON.parse(value!.toString()) as {
      event: { offset: number }
      fired: { rule: string; reason?: string; evidence: { offset: number }[] }[]
    }
    return {
      offset: event.offset,
      fired: fired.map(({ rule, reason, evidence }) => [rule, reason ?? evidence.map((each) => each.offset)]),
    }
  })
}

describe('a batch', () => {
  it('shows each event the rows before it in the log, and none behind it', async () => {
    expect(await decide(card(0), row(0, 'GB'), card(3_600_000), row(0, 'FR'), card(7_200_000))).toEqual([
      { offset: 0, fired: [['country', '?']] },
      { offset: 2, fired: [['country', 'GB']] },
      { offset: 4, fired: [['country', 'FR']] },
    ])
  })

  it('is processed in the order of offsets, whatever the times are', async () => {
    expect(await decide(card(2_000), row(0, 'GB'), card(1_000))).toEqual([
      { offset: 0, fired: [['country', '?']] },
      {
        offset: 2,
        fired: [
          ['again', [0]],
          ['country', 'GB'],
        ],
      },
    ])
  })

  it('shows a change of a control list to the events behind it', async () => {
    const change: Line = { what: 'list', timeMs: 0, payload: { list: 'blocked', op: 'add', items: ['o-1'] } }
    const at = { outletId: 'o-1' }
    expect(await decide(card(0, at), change, card(1_000, at))).toEqual([
      { offset: 0, fired: [['country', '?']] },
      {
        offset: 2,
        fired: [
          ['again', [0]],
          ['again-listed', [0]],
          ['country', '?'],
          ['listed', []],
        ],
      },
    ])
  })
})
