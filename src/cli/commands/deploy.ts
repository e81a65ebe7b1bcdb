import { Command } from 'commander'
import { runInlineTests } from '../../replay/inline-tests.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { type DeployFlags, deployRuleSet } from '../deploy/deploy-rule-set.ts'
import { withExamples } from '../examples.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { loadRules } from '../rule-folder.ts'

interface Options extends LogOptions, DeployFlags {}

const notes = `
The rule set goes into the log, signed, and comes into force at one place of each partition. Before that every task makes
the state that the new rules need from its own partition's history, beside its work: from their first decision on they
decide as if they had always been there. Where the log no longer reaches back far enough, this command says what is
missing, and needs --cold.

A rule set that is in force is not deployed again, unless --again says so; weir rules rollback deploys an earlier one again.`

/** Adds the options that say how to deploy. */
export const withDeployOptions = (command: Command): Command =>
  withLogOptions(command)
    .option('--app-id <ID>', 'the application (default: weir)')
    .option('--no-activate', 'only make the rule set ready')
    .option('--cold', 'deploy even where the log does not hold all that the rules look back on')
    .option('--dry-run', 'only show what would change')
    .option('--again', 'also when it is in force already: its state is made anew from the log')
    .option('--json', 'the result for machines')

export function deployCommand(cli: Cli): Command {
  const command = withDeployOptions(new Command('deploy'))
    .description('Check and test a rule set, show what changes, and bring it into force without a restart.')
    .argument('<dir>', 'the folder with rule files')
    .action(cli.action((dir: string, options: Options) => run(cli, dir, options)))
  return withExamples(command, ['weir deploy rules --dry-run', 'weir deploy rules --kafka localhost:9092'], notes)
}

async function run(cli: Cli, dir: string, options: Options): Promise<ExitCode> {
  const ruleSet = await loadRules(dir)
  const failed = await failedTests(ruleSet)
  if (failed.length > 0) {
    for (const name of failed) await cli.err.line(`✗ ${name}`)
    const text = `${failed.length} of ${ruleSet.tests.length} tests not as expected; weir test ${dir} shows why. Nothing was deployed`
    await (options.json ? cli.err : cli.out).line(text)
    if (options.json) await cli.out.line(JSON.stringify({ result: 'tests-failed', hash: ruleSet.hash, failed }))
    return 1
  }
  return withLog(cli, options, (log, config) => deployRuleSet(cli, { log, config, ruleSet }, options))
}

async function failedTests(ruleSet: RuleSet): Promise<string[]> {
  const { results } = await runInlineTests(ruleSet)
  return results.filter(({ differences }) => differences.length > 0).map(({ test }) => test.name)
}
