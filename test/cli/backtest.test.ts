import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runInProcess } from './in-process.ts'
import { cardLine, writeSmallRules } from './small-rules.ts'
import { temporaryFolder, weir } from './weir.ts'

const folder = temporaryFolder()
const rules = folder.inside('rules')
const input = folder.inside('events.jsonl')

beforeAll(() => {
  writeSmallRules(rules)
  writeFileSync(input, [cardLine('1', 20), cardLine('2', 150), 'not an event', cardLine('3', 101)].join('\n'))
})
afterAll(() => folder.remove())

const backtest = (...args: string[]) => runInProcess(['backtest', '--rules', rules, '--input', input, ...args])

describe('weir backtest', () => {
  it('writes one decision a line, and counts lines that are no events', async () => {
    const output = folder.inside('decisions.jsonl')
    const { code, out } = await backtest('--output', output)
    expect(code).toBe(0)
    expect(out).toContain('4 lines, 3 decisions, 0 late, 0 duplicates')
    expect(out).toMatch(/2 {2}large/)
    const decisions = readFileSync(output, 'utf8')
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text))
    expect(decisions.map(({ decisionId, outcome }) => [decisionId, outcome])).toEqual([
      ['d:0:0', 'allow'],
      ['d:0:1', 'block'],
      ['d:0:3', 'block'],
    ])
  })

  it('gives a summary for machines', async () => {
    const { lines, decisions, outcomes, rules, deadLettered } = JSON.parse((await backtest('--json')).out)
    expect({ lines, decisions, outcomes, rules }).toEqual({
      lines: 4,
      decisions: 3,
      outcomes: { allow: 1, block: 2 },
      rules: { large: 2 },
    })
    expect(Object.values(deadLettered)).toEqual([1])
  })

  it('gives the same bytes each time', async () => {
    const outputs = ['a', 'b'].map((name) => folder.inside(name))
    for (const output of outputs) await backtest('--partitions', '3', '--output', output)
    const [a, b] = outputs.map((output) => readFileSync(output, 'utf8'))
    expect(a).not.toBe('')
    expect(a).toBe(b)
  })

  it('writes decisions alone to standard output', async () => {
    const { out, err } = await weir(['backtest', '--rules', rules, '--input', input, '--output', '-', '--json'])
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((text) => JSON.parse(text).outcome),
    ).toEqual(['allow', 'block', 'block'])
    expect(JSON.parse(err).decisions).toBe(3)
  })

  it('is misuse to name an input that is not there', async () => {
    const { code, err } = await runInProcess(['backtest', '--rules', rules, '--input', '/nowhere'])
    expect(code).toBe(2)
    expect(err).toContain('/nowhere cannot be read')
  })
})
