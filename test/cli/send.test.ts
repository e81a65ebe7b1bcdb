import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { publicKeysOf } from '../../src/record/keys.ts'
import { partitionFor } from '../../src/record/murmur2.ts'
import { verifyControl } from '../../src/record/signature.ts'
import { readTopic } from '../support/log-lines.ts'
import { runInProcess } from './in-process.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
const dataDir = ['--data-dir', folder.path]
let log: Log

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic: 'main', partitions: 3 })
  return () => log.close()
})
afterAll(() => folder.remove())

const event = (id: string, key: string, more = {}) =>
  JSON.stringify({ kind: 'business', type: 'x', id, key, time: '2026-03-01T10:00:00Z', payload: { a: 1.5 }, ...more })

const send = (lines: readonly string[], args: readonly string[] = [], env = {}) =>
  runInProcess(['send', ...dataDir, ...args, '-'], { input: lines.join('\n'), log, env })

describe('weir send', () => {
  it('sends each event to the partition of its key, in order, with headers and payload as they stand', async () => {
    const { code, out } = await send([event('1', 'k1'), event('2', 'k2'), '', event('3', 'k1', { partition: 2 })])
    expect([code, out]).toEqual([0, '3 records sent to main\n'])
    const records = await readTopic(log, 'main')
    for (const record of records) expect(record.partition).toBe(partitionFor(record.key!, 3))
    const ofK1 = records.filter((record) => record.key!.toString() === 'k1')
    expect(ofK1.map((record) => record.headers.id!.toString())).toEqual(['1', '3'])
    expect(ofK1[0]!.value!.toString()).toBe('{"a":1.5}')
    expect(ofK1[0]!.headers.kind!.toString()).toBe('business')
  })

  it('reports lines that are no records with their numbers, sends the others, and ends with 1', async () => {
    const bad = [
      'no json',
      '{"kind":"business"}',
      event('4', 'k', { time: '2026-02-30T00:00:00Z' }),
      event('5', 'k', { payload: [] }),
    ]
    const { code, out, err } = await send([event('1', 'k1'), ...bad, event('6', 'k')])
    expect(code).toBe(1)
    expect(out).toBe('2 records sent to main, 4 lines not sent\n')
    const places = err.trimEnd().split('\n')
    expect(places.map((line) => line.slice(0, 4))).toEqual(['-:2:', '-:3:', '-:4:', '-:5:'])
    expect(places.map((line) => /\[([a-z-]+)\]$/.exec(line)?.[1])).toEqual([
      'not-json',
      'missing-type',
      'invalid-time',
      'payload-not-object',
    ])
    expect(await readTopic(log, 'main')).toHaveLength(2)
  })

  it('signs control lines with the key of the log and sends them to every partition', async () => {
    const control =
      '{"kind":"control","type":"list","id":"c-1","time":1,"payload":{"list":"l","op":"add","items":["a"]}}'
    expect(await send([control])).toMatchObject({ code: 0, out: '3 records sent to main\n' })
    const { publicKey } = await import('../../src/record/key-files.ts').then(({ loadOrCreateKeys }) =>
      loadOrCreateKeys(folder.path),
    )
    const records = await readTopic(log, 'main')
    expect(records.map(({ partition }) => partition)).toEqual([0, 1, 2])
    for (const record of records) expect(verifyControl(publicKeysOf([publicKey]), record)).toBeDefined()
  })

  it('signs with the configured key, with growing numbers from run to run', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const file = folder.inside('private.pem')
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const control = '{"kind":"control","type":"list","id":"c","time":1,"payload":{},"partition":1}'
    const env = { WEIR_SIGNING_PRIVATE_KEY_FILE: file }
    await send([control, control], [], env)
    await send([control], [], env)
    const records = await readTopic(log, 'main')
    const sequences = records.map((record) => verifyControl(publicKeysOf([publicKey]), record)!.sequence)
    expect(sequences).toHaveLength(3)
    expect(sequences.toSorted((a, b) => a - b)).toEqual(sequences)
    expect(new Set(sequences).size).toBe(3)
  })

  it('does not send control lines to Kafka without a key', async () => {
    const control = '{"kind":"control","type":"list","id":"c","time":1,"payload":{}}'
    const { code, err } = await runInProcess(['send', '--kafka', 'k:1', '-'], { input: control, log })
    expect(code).toBe(1)
    expect(err).toContain('WEIR_SIGNING_PRIVATE_KEY_FILE')
    expect(await readTopic(log, 'main')).toEqual([])
  })

  it('leaves the decisions of an export out', async () => {
    const decision = '{"kind":"decision","type":"risk.decision","id":"d:0:1","key":"k","time":1,"payload":{}}'
    const { code, out } = await send([event('1', 'k'), decision])
    expect([code, out]).toEqual([0, '1 records sent to main, 1 of Weir’s own left out\n'])
  })

  it('gives a summary for machines', async () => {
    const { out } = await send([event('1', 'k1'), 'no'], ['--json'])
    expect(JSON.parse(out)).toEqual({
      topic: 'main',
      sent: 1,
      leftOut: 0,
      badLines: 1,
      problems: [{ line: 2, problem: 'the line is not JSON [not-json]' }],
    })
  })

  it('names the command that makes a missing topic', async () => {
    const { code, err } = await send([event('1', 'k')], ['--topic', 'other'])
    expect(code).toBe(1)
    expect(err).toBe(
      'weir: there is no topic "other"; create it with weir topics create, or name another with --topic [topic-missing]\n',
    )
  })

  it('is misuse to name a file that is not there', async () => {
    expect((await runInProcess(['send', ...dataDir, '/nowhere'], { log })).code).toBe(2)
  })
})
