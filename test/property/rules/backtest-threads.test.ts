import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordToLine } from '../../../src/record/json-lines.ts'
import { backtest } from '../../../src/replay/backtest.ts'
import { loadRuleFiles } from '../../../src/rules/loader.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'
import { runs } from '../record/runs.ts'
import { ruleSetText, ruleTexts } from './restart-rules.ts'
import { traces } from './restart-traces.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-threads-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ruleSet = loadRuleFiles([{ path: 'rules.yaml', text: ruleSetText(ruleTexts) }])
const partitions = 4

async function outcome(lines: readonly string[], threads: number) {
  const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')]
  await writeFile(input, lines.map((line) => `${line}\n`).join(''))
  const engine = stateEngine('memory')
  const { counts, ...summary } = await backtest({ ruleSet, input, output, partitions, threads, engine })
  return { ...summary, counts: [...counts], written: await readFile(output, 'utf8') }
}

/** Customers on all partitions; some lines say where they lie, some are no records at all and take an offset of the first. */
const inputs = fc
  .record({
    trace: traces(300),
    keys: fc.array(fc.nat(7), { minLength: 300, maxLength: 300 }),
    oddities: fc.array(
      fc.record({
        at: fc.nat(300),
        line: fc.constantFrom('no event', '', '{"kind":"business","key":"k1","payload":{', '{"raw":{}}', '[]'),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ trace, keys, oddities }) => {
    const lines = trace.map((record, index) => {
      const key = record.key === null ? null : Buffer.from(`k${keys[index]}`)
      const line = recordToLine({ timestampMs: -1, ...record, key, offset: 0 })
      return line.replace(/,"partition":0,"offset":0/, key === null ? `,"partition":${keys[index]! % partitions}` : '')
    })
    for (const { at, line } of oddities) lines.splice(at, 0, line)
    return lines
  })

test('a back-test gives the same bytes and counts in whatever number of threads', async () => {
  let decisions = 0
  const partitionsSeen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(inputs, fc.constantFrom(2, 3), async (lines, threads) => {
      const alone = await outcome(lines, 1)
      expect(await outcome(lines, threads)).toEqual(alone)
      decisions += alone.decisions
      for (const [, partition] of alone.written.matchAll(/"decisionId":"[ad]:(\d)/g)) partitionsSeen.add(partition!)
    }),
    // Each run starts threads: shrinking would take many minutes.
    { ...runs(4), endOnFailure: true },
  )
  expect(decisions).toBeGreaterThan(0)
  expect(partitionsSeen.size).toBeGreaterThan(1)
})

test('a problem of the input is the same in whatever number of threads', async () => {
  const line = (key: string, more: object) =>
    JSON.stringify({ kind: 'business', type: 'login', id: key, key, time: 0, payload: {}, ...more })
  const lines = [line('a', {}), line('b', { partition: 3, offset: 7 }), line('c', { partition: 3, offset: 6 })]
  const problem = (threads: number) =>
    outcome(lines, threads).then(
      () => 'none',
      ({ name, code, message }) => `${name} ${code} ${message}`,
    )
  const alone = await problem(1)
  expect(alone).toMatch(/^ConfigError config-invalid a line names offset 6 of partition 3/)
  expect(await problem(2)).toBe(alone)
})
