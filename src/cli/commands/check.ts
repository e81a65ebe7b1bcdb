import { Command } from 'commander'
import { checkRules, formatReport, reportAsJson } from '../../rules/check.ts'
import { systemClock } from '../../time/clock.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { requireFolder } from '../rule-folder.ts'

interface Options {
  readonly json?: boolean
}

export function checkCommand(cli: Cli): Command {
  const command = new Command('check')
    .description('Check the rule files of a folder: all problems at once, each with its place and what to do.')
    .argument('<dir>', 'the folder with rule files')
    .option('--json', 'problems and the rule set’s hash for machines')
    .action(cli.action((dir: string, options: Options) => run(cli, dir, options)))
  return withExamples(command, ['weir check rules', 'weir check rules --json'])
}

async function run(cli: Cli, dir: string, { json }: Options): Promise<ExitCode> {
  await requireFolder(dir)
  const report = await checkRules(dir, { nowMs: systemClock.nowMs() })
  const isGood = report.ruleSet !== undefined
  if (json) await cli.out.line(JSON.stringify(reportAsJson(report)))
  else await (isGood ? cli.out : cli.err).line(formatReport(report))
  return isGood ? 0 : 1
}
