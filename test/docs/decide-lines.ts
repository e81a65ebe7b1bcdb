import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BacktestSummary, backtest } from '../../src/replay/backtest.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import { stateEngine } from '../../src/state/engines/index.ts'

export interface LineDecision {
  readonly decisionId: string
  readonly event: { readonly id: string; readonly type: string }
  readonly fired: readonly { readonly rule: string; readonly reason?: string }[]
  readonly [field: string]: unknown
}

/** What a back-test makes of a file with this text, on one partition. */
export async function decideLines(
  ruleSet: RuleSet,
  text: string | Buffer,
): Promise<{ readonly decisions: readonly LineDecision[]; readonly counts: BacktestSummary['counts'] }> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-docs-'))
  try {
    const [input, output] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')]
    await writeFile(input, text)
    const { counts } = await backtest({ ruleSet, input, output, partitions: 1, engine: stateEngine('memory') })
    const lines = (await readFile(output, 'utf8')).split('\n').filter((line) => line !== '')
    return { decisions: lines.map((line) => JSON.parse(line) as LineDecision), counts }
  } finally {
    await rm(folder, { recursive: true })
  }
}
