import { Command } from 'commander'
import pc from 'picocolors'
import type { LogClient, TopicDescription } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { retention, wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { topologyOfRules } from '../rule-topology.ts'
import { differences, type PlannedTopic, planTopics } from '../topic-plan.ts'
import { topicsCheckCommand } from './topics-check.ts'

interface Options extends LogOptions {
  readonly rules?: string
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly retention?: number
  readonly maxMessageBytes: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

interface Line {
  readonly topic: string
  readonly state: 'created' | 'exists' | 'planned'
  readonly partitions: number
  readonly config: Readonly<Record<string, string>>
  readonly why: string
}

const notes = `
Partitions: choose once. A key's order lives in its partition, and their number cannot change afterwards.

Replication: with one copy a topic is lost with its broker; use 3 where there are three brokers, and set
min.insync.replicas=2 on them, so that what was committed survives the loss of one.

Retention: main keeps everything unless --retention says otherwise. Records older than that are gone for back-tests,
explain and new rules. Brokers count from a record's timestamp, so a history that is loaded with old timestamps would
be deleted at once under a finite retention. Changelogs of windows are trimmed by Weir alone; those of plain values
are compacted. Dead letters and late events stay until somebody deletes them.

State: the changelogs follow from the rules: name them with --rules, and run this again after rules were added.`

export function topicsCommand(cli: Cli): Command {
  const create = withLogOptions(new Command('create'))
    .description('Create the topics that an application needs; what is there already is compared, never changed.')
    .option('--rules <DIR>', 'rule files, for the changelogs of their state')
    .option('--app-id <ID>', 'prefix of changelogs (default: weir)')
    .option('--partitions <N>', 'partitions of every topic (default: those of main, or 4)', wholeNumber(1, 10_000))
    .option('--replication-factor <N>', 'copies of each partition (default: the broker’s)', wholeNumber(1, 100))
    .option('--retention <DURATION>', 'how long main keeps records: 90d, none (default: none)', retention)
    .option('--max-message-bytes <N>', 'largest record of main', wholeNumber(1_024, 1 << 30), 1_048_588)
    .option('--dry-run', 'only say what would be created')
    .option('--json', 'the list for machines')
    .action(
      cli.action((options: Options) =>
        withLog(cli, options, (log, config) => run(cli, log, config, options), { create: true }),
      ),
    )
  withExamples(
    create,
    [
      'weir topics create --partitions 8',
      'weir topics create --kafka localhost:9092 --rules rules --replication-factor 3 --dry-run',
    ],
    notes,
  )
  const topics = new Command('topics')
    .description('Create and compare the topics of an application.')
    .addCommand(create)
    .addCommand(topicsCheckCommand(cli))
  return withExamples(topics, ['weir topics create --dry-run', 'weir topics check --rules rules'])
}

async function run(cli: Cli, log: LogClient, config: WeirConfig, options: Options): Promise<ExitCode> {
  const rules = options.rules ?? config.rules
  const { replicationFactor } = options
  const planned = planTopics({
    appId: config.appId,
    mainTopic: config.mainTopic,
    partitions: options.partitions ?? (await log.describeTopic(config.mainTopic))?.partitions ?? config.partitions,
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    retentionMs: options.retention ?? -1,
    maxMessageBytes: options.maxMessageBytes,
    subTopologies:
      rules === undefined ? [{ id: 0, sources: [], stores: [] }] : (await topologyOfRules(rules, config)).subTopologies,
  })
  const lines: Line[] = []
  const problems: string[] = []
  const warnings: string[] = []
  for (const topic of planned) {
    const found = await log.describeTopic(topic.topic)
    if (found !== undefined) {
      const different = differences(topic, found)
      problems.push(...different.problems)
      warnings.push(...different.warnings)
      lines.push({ ...lineOf(topic), state: 'exists', partitions: found.partitions, config: settingsOf(topic, found) })
      continue
    }
    if (!options.dryRun) await log.createTopic(topic)
    lines.push({ ...lineOf(topic), state: options.dryRun ? 'planned' : 'created' })
  }
  warnings.push(...adviceFor(config, options, rules))
  if (options.json) await cli.out.line(JSON.stringify({ topics: lines, problems, warnings }))
  else await print(cli, lines, problems, warnings)
  return problems.length > 0 ? 1 : 0
}

const lineOf = ({ topic, partitions, config, why }: PlannedTopic) => ({ topic, partitions, config, why })

/** As they are there, of the settings that the plan speaks of: brokers tell dozens. */
const settingsOf = (planned: PlannedTopic, found: TopicDescription): Record<string, string> =>
  Object.fromEntries(Object.entries(found.config).filter(([name]) => name in planned.config))

function adviceFor(config: WeirConfig, options: Options, rules: string | undefined): string[] {
  const advice: string[] = []
  if (options.retention !== undefined && options.retention !== -1) {
    advice.push(
      `${config.mainTopic} forgets: back-tests, explain and new rules reach back no further than its retention`,
    )
  }
  if (config.log.kind === 'kafka' && options.replicationFactor === 1) {
    advice.push('with one copy a topic is lost with its broker; use --replication-factor 3 in production')
  }
  if (rules === undefined) advice.push('no --rules: the changelogs of their state are not in this list')
  return advice
}

async function print(
  cli: Cli,
  lines: readonly Line[],
  problems: readonly string[],
  warnings: readonly string[],
): Promise<void> {
  for (const { topic, state, partitions, config, why } of lines) {
    const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`)
    await cli.out.line(`${state.padEnd(7)}  ${pc.bold(topic)}  ${partitions} partitions  ${pc.dim(settings.join(' '))}`)
    await cli.out.line(`         ${why}`)
  }
  for (const warning of warnings) await cli.err.line(`${pc.yellow('warning:')} ${warning}`)
  for (const problem of problems) await cli.err.line(`${pc.red('problem:')} ${problem}`)
}
