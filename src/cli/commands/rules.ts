import { Command } from 'commander'
import pc from 'picocolors'
import type { LogClient } from '../../log/log.ts'
import { loadContent } from '../../rules/deploy/rule-set-content.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { formatEventTime } from '../../time/event-time.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { type DeployFlags, deployRuleSet } from '../deploy/deploy-rule-set.ts'
import { type Deployed, readDeployed, shortHash } from '../deploy/deployed.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { withDeployOptions } from './deploy.ts'

interface Options extends LogOptions {
  readonly json?: boolean
}

export function rulesCommand(cli: Cli): Command {
  const looking = (name: string, description: string) =>
    withLogOptions(new Command(name))
      .description(description)
      .option('--app-id <ID>', 'the application (default: weir)')
      .option('--json', 'the same for machines')
  const list = looking('list', 'Show which rule set decides in each partition, and what is being made ready.').action(
    cli.action((options: Options) => look(cli, options, showList)),
  )
  const history = looking('history', 'Show the rule sets that were deployed, oldest first.').action(
    cli.action((options: Options) => look(cli, options, showHistory)),
  )
  const rollback = withDeployOptions(new Command('rollback'))
    .description('Deploy a rule set of the history again.')
    .argument('<hash>', 'its hash, or the beginning of it')
    .action(
      cli.action((hash: string, options: LogOptions & DeployFlags) =>
        withLog(cli, options, (log, config) => rollBack(cli, log, config, hash, options)),
      ),
    )
  const rules = new Command('rules')
    .description('Show which rule sets are and were in force, and go back to one.')
    .addCommand(withExamples(list, ['weir rules list']))
    .addCommand(withExamples(history, ['weir rules history --json']))
    .addCommand(withExamples(rollback, ['weir rules rollback sha256:0123456789ab']))
  return withExamples(rules, ['weir rules list', 'weir rules history', 'weir rules rollback sha256:0123456789ab'])
}

type Show = (cli: Cli, deployed: Deployed, json: boolean) => Promise<void>

const look = (cli: Cli, options: Options, show: Show): Promise<ExitCode> =>
  withLog(cli, options, async (log, config): Promise<ExitCode> => {
    await show(cli, await deployedIn(log, config), options.json === true)
    return 0
  })

async function deployedIn(log: LogClient, { appId, mainTopic }: WeirConfig): Promise<Deployed> {
  const { partitions } = await describedTopic(log, mainTopic)
  return readDeployed(log, appId, partitions)
}

async function showList(cli: Cli, { inForce, warmUps }: Deployed, json: boolean): Promise<void> {
  const rows = inForce.map((each, partition) => {
    const next = warmUps[partition]
    return {
      partition,
      hash: each?.hash ?? null,
      offset: each?.offset ?? null,
      next: next === undefined ? null : { hash: next.hash, ready: next.isWarm, failure: next.failure ?? null },
    }
  })
  if (json) return cli.out.line(JSON.stringify({ partitions: rows }))
  for (const { partition, hash, offset, next } of rows) {
    const since = offset === -1 ? 'from the start' : `since offset ${offset}`
    const now = hash === null ? pc.dim('nothing has run here yet') : `${shortHash(hash)}  ${since}`
    const state = next?.failure ?? (next?.ready ? 'ready' : 'being made ready')
    await cli.out.line(
      `partition ${partition}  ${now}${next === null ? '' : `  next: ${shortHash(next.hash)}, ${state}`}`,
    )
  }
}

async function showHistory(cli: Cli, { announced, inForce }: Deployed, json: boolean): Promise<void> {
  const rows = announced.map(({ hash, nowMs, cold, id }) => ({
    hash,
    time: formatEventTime(nowMs),
    start: id === 'start',
    cold,
    inForce: inForce.flatMap((each, partition) => (each?.hash === hash ? [partition] : [])),
  }))
  if (json) return cli.out.line(JSON.stringify({ deployments: rows }))
  if (rows.length === 0) await cli.out.line('nothing has been deployed; weir deploy DIR does')
  for (const row of rows) {
    const notes = [
      ...(row.start ? ['in force from the start'] : []),
      ...(row.cold ? ['cold'] : []),
      ...(row.inForce.length > 0 ? [pc.green(`decides in ${row.inForce.length} of ${inForce.length} partitions`)] : []),
    ]
    await cli.out.line([shortHash(row.hash), row.time, ...notes].join('  '))
  }
}

/** @throws UsageError when the history has no such rule set, or several */
async function rollBack(
  cli: Cli,
  log: LogClient,
  config: WeirConfig,
  prefix: string,
  flags: DeployFlags,
): Promise<ExitCode> {
  const { announced } = await deployedIn(log, config)
  const wanted = prefix.startsWith('sha256:') ? prefix : `sha256:${prefix}`
  const found = new Map(announced.filter(({ hash }) => hash.startsWith(wanted)).map((each) => [each.hash, each]))
  const [chosen] = found.values()
  if (chosen === undefined || found.size > 1) {
    const what = chosen === undefined ? 'no rule set' : 'several rule sets'
    throw new UsageError(`the history has ${what} with the hash ${prefix}; weir rules history lists them`)
  }
  const loaded = loadContent(chosen.content, chosen.hash)
  if (!loaded.ok) throw new UsageError(`${loaded.detail}; deploy its rule files with weir deploy DIR`)
  return deployRuleSet(cli, { log, config, ruleSet: loaded.ruleSet }, flags)
}
