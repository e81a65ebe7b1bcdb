import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backtest } from '../../src/replay/backtest.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { campaignEvents, campaignRulesFolder, listChange } from '../reliability/campaign-events.ts'
import { campaignRules } from '../support/oracle/campaign-twins.ts'
import { firstDifference } from '../support/oracle/compare.ts'
import { layOut } from '../support/oracle/lay-out.ts'
import { recompute } from '../support/oracle/oracle.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-campaign-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('decides by features, lists and trailing nots as the engine does, and every rule fires', async () => {
  const lines = [...campaignEvents({ count: 4_000 })]
  for (let n = 0; n < 10; n++) lines.splice(n * 500, 0, listChange(n))
  const ruleSet = await loadRuleSet(campaignRulesFolder)
  const [input, output] = [join(folder, 'events.jsonl'), join(folder, 'decisions.jsonl')]
  await writeFile(input, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await backtest({ ruleSet, input, output, partitions: 1, engine: stateEngine('memory') })
  const found = (await readFile(output, 'utf8')).split('\n').slice(0, -1)

  const [expected] = recompute(layOut(lines, 1), { ruleSet: { hash: ruleSet.hash, offset: -1 }, rules: campaignRules })
  const compared = found.map((value) => {
    const { key, decisionId } = JSON.parse(value)
    return { key, id: decisionId, value }
  })
  expect(firstDifference([compared], [expected!.decisions])).toBeUndefined()
  for (const { id } of campaignRules.twins)
    expect(expected!.decisions.filter(({ fired }) => fired.includes(id)).length, id).toBeGreaterThan(5)
})
