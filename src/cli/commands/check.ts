import { Command } from 'commander'
import { checkRules, formatReport, reportAsJson } from '../../rules/check.ts'
import { systemClock } from '../../time/clock.ts'
import { retention } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { requireFolder } from '../rule-folder.ts'

interface Options {
  readonly retention?: number
  readonly json?: boolean
}

export function checkCommand(cli: Cli): Command {
  const command = new Command('check')
    .description('Check the rule files of a folder: all problems at once, each with its place and what to do.')
    .argument('<dir>', 'the folder with rule files')
    .option('--retention <DURATION>', 'how long main keeps records, to warn of longer windows: 90d', retention)
    .option('--json', 'problems and the rule set’s hash for machines')
    .action(cli.action((dir: string, options: Options) => run(cli, dir, options)))
  return withExamples(command, ['weir check rules', 'weir check rules --retention 90d', 'weir check rules --json'])
}

async function run(cli: Cli, dir: string, { json, retention: retentionMs = -1 }: Options): Promise<ExitCode> {
  await requireFolder(dir)
  const report = await checkRules(dir, { nowMs: systemClock.nowMs(), ...(retentionMs < 0 ? {} : { retentionMs }) })
  const isGood = report.ruleSet !== undefined
  if (json) await cli.out.line(JSON.stringify(reportAsJson(report)))
  else await (isGood ? cli.out : cli.err).line(formatReport(report))
  return isGood ? 0 : 1
}
