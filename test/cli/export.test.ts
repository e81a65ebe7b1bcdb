import { readFileSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { runInProcess } from './in-process.ts'
import { appendDecisions, appendEvents, decisionValue } from './log-records.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
let log: Log

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic: 'main', partitions: 2 })
  await appendEvents(log, 1, ['a'])
  await appendEvents(log, 0, ['b', 'c'])
  await appendDecisions(log, 0, [decisionValue('d', 'k')])
  return () => log.close()
})
afterAll(() => folder.remove())

describe('weir export', () => {
  it('writes everything partition by partition, with coordinates', async () => {
    const file = folder.inside('out.jsonl')
    const { code, out } = await runInProcess(['export', '--out', file], { log })
    expect([code, out]).toEqual([0, `4 records of main are in ${file}\n`])
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line)).map(({ partition, offset, id }) => [partition, offset, id])).toEqual([
      [0, 0, 'b'],
      [0, 1, 'c'],
      [0, 2, 'd'],
      [1, 0, 'a'],
    ])
    expect(lines[0]).toContain('"payload":{"amount":25.0}')
    expect(JSON.parse(lines[0]!).timestamp).toBe(1_772_359_680_000)
  })

  it('leaves out what no transaction has committed', async () => {
    const producer = await log.openTransactionalProducer({ transactionalId: 't' })
    await producer.send([{ topic: 'main', partition: 1, key: null, value: Buffer.from('{}'), headers: {} }])
    await appendEvents(log, 1, ['behind'])
    const { out } = await runInProcess(['export', '--out', '-'], { log })
    expect(out.trimEnd().split('\n')).toHaveLength(4)
    await producer.close()
  })

  it('gives a summary for machines, beside an export to standard output', async () => {
    const { err, out } = await runInProcess(['export', '--out', '-', '--json'], { log })
    expect(JSON.parse(err)).toEqual({ records: 4, topic: 'main', out: '-', complete: true })
    expect(out.trimEnd().split('\n')).toHaveLength(4)
  })
})
