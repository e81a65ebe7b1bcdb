import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backtest } from '../../src/replay/backtest.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import type { TestDef } from '../../src/rules/rule-set.ts'
import { stateEngine } from '../../src/state/engines/index.ts'

const shipped = await loadRuleSet(fileURLToPath(new URL('../../rules', import.meta.url)))

interface Decision {
  readonly event: { readonly id: string }
  readonly outcome: string
  readonly score: number
  readonly fired: readonly { readonly rule: string; readonly reason?: string }[]
}

describe('the shipped rules decide as their inline tests say', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-shipped-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  async function decide({ events }: TestDef): Promise<Decision[]> {
    const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')]
    const lines = events.map(({ timeMs, kind, type, key, payload }, index) =>
      JSON.stringify({ kind, type, id: `${index + 1}`, key, time: timeMs, payload }),
    )
    await writeFile(input, `${lines.join('\n')}\n`)
    await backtest({ ruleSet: shipped, input, output, partitions: 1, engine: stateEngine('memory') })
    return (await readFile(output, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Decision)
  }

  it.each(shipped.tests.map((test) => ({ name: test.name, test })))('$name', async ({ test }) => {
    const decisions = await decide(test)
    for (const { event, outcome, score, rules, reason } of test.expect) {
      const decision = decisions.find(({ event: { id } }) => id === `${event}`)
      const fired = decision?.fired ?? []
      if (outcome !== undefined) expect(decision?.outcome).toBe(outcome)
      if (score !== undefined) expect(decision?.score).toBe(score)
      if (rules !== undefined) expect(fired.map(({ rule }) => rule)).toEqual([...rules].sort())
      if (reason !== undefined) expect(fired.map((each) => each.reason)).toContain(reason)
    }
  })
})
