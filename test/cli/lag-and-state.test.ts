import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partsOf } from '../../src/cli/stored-entries.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { compositeKey } from '../../src/operators/sequence/typed-key.ts'
import { idKey } from '../../src/rules/operators/seen-ids.ts'
import { eventually } from '../support/eventually.ts'
import { runInProcess } from './in-process.ts'
import { type Running, startWeir, temporaryFolder, weir } from './weir.ts'

const rules = `version: 1
events: {card.authorised: {amount: double}}
tables: {customers: {from: public.customers, fields: {country: string}}}
rules:
- id: abroad
  event: card.authorised
  when: e.amount > 100.0 && t.customers.country != 'GB'
  then: {outcome: block, score: 80}
`
const lines = [
  {
    kind: 'data',
    type: 'public.customers',
    id: 'row-1',
    key: 'k-1',
    time: '2026-03-01T10:00:00Z',
    payload: { op: 'c', before: null, after: { id: 'k-1', country: 'FR' } },
  },
  {
    kind: 'business',
    type: 'card.authorised',
    id: 'e-1',
    key: 'k-1',
    time: '2026-03-01T10:01:00Z',
    payload: { amount: 150 },
  },
]

const folder = temporaryFolder()
const log = ['--data-dir', folder.inside('log')]
const withRules = ['--rules', folder.inside('rules')]
let running: Running

beforeAll(async () => {
  mkdirSync(folder.inside('rules'))
  writeFileSync(folder.inside('rules', 'rules.yaml'), rules)
  running = startWeir(['run', ...log, ...withRules, '--partitions', '2'])
  await eventually(() => expect(running.err()).toContain('deciding'))
  const sent = await weir(['send', ...log, '-'], { input: lines.map((line) => JSON.stringify(line)).join('\n') })
  expect(sent).toMatchObject({ code: 0 })
})
afterAll(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
  folder.remove()
})

// The application has noted its rules: nobody needs to name them.
const get = (...args: string[]) => weir(['state', 'get', ...args, ...log])

describe('beside a running application', () => {
  it('weir lag shows how far each partition is, and its stream time', async () => {
    await eventually(
      async () => {
        const { partitions } = JSON.parse((await weir(['lag', '--json', ...log])).out)
        expect(partitions).toHaveLength(2)
        const [busy] = partitions.filter(({ end }: { end: number }) => end > 0)
        expect(busy).toMatchObject({ streamTimeMs: Date.parse('2026-03-01T10:01:00Z'), heldBack: 0, heldBackMs: 0 })
        // The event, the row, and what was committed with them, up to the marker at most.
        expect(busy.committed).toBeGreaterThanOrEqual(2)
        expect(busy.lag).toBe(busy.end - busy.committed)
      },
      { everyMs: 200 },
    )
    expect((await weir(['lag', ...log])).out).toMatch(/^partition +committed +end +lag +stream time +held back\n/)
  })

  it('weir state get shows typed values by record key, row and id alike', async () => {
    await eventually(async () => expect((await get('event-id-pages', 'k-1')).code).toBe(0), { everyMs: 200 })
    const [row] = JSON.parse((await get('table-customers', 'k-1', '--json')).out)
    expect(row).toMatchObject({ value: { rowId: 'k-1', values: { country: 'FR' } } })
    const [seen] = JSON.parse((await get('event-id-pages', 'e-1', '--json')).out)
    expect(seen).toMatchObject({
      key: '3:k-1e-1',
      time: expect.stringMatching(/^2026-03-01T10:0/),
    })
  })

  it('weir state get says when there is nothing, and lists the stores when it knows no such store', async () => {
    expect(await get('table-customers', 'nobody')).toMatchObject({ code: 1, out: '' })
    const unknown = await get('nothing', 'k-1')
    expect(unknown).toMatchObject({ code: 2 })
    expect(unknown.err).toMatch(/no store "nothing"; these rules keep .*table-customers \(key-value\)/)
  })
})

describe('weir lag', () => {
  it('shows what an open transaction holds back', async () => {
    const memory = await openMemoryLog()
    await memory.createTopic({ topic: 'main', partitions: 1 })
    const producer = await memory.openTransactionalProducer({ transactionalId: 'foreign' })
    await producer.send([{ topic: 'main', partition: 0, key: null, value: Buffer.from('x'), headers: {} }])
    const { out } = await runInProcess(['lag', '--json'], { log: memory })
    expect(JSON.parse(out).partitions).toMatchObject([
      { committed: null, end: 1, lag: 1, heldBack: 1, streamTimeMs: null },
    ])
    await producer.close()
    await memory.close()
  })
})

describe('the parts of a store’s key', () => {
  it('are found again, whatever they hold', () => {
    expect(partsOf(compositeKey(['seq', '3:a', 'k']))).toEqual(['seq', '3:a', 'k'])
    expect(partsOf(idKey('k:1', 'e'))).toEqual(['k:1', 'e'])
    expect(partsOf('plain')).toEqual(['plain'])
  })
})
