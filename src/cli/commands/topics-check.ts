import { Command } from 'commander'
import pc from 'picocolors'
import type { LogClient } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { systemClock } from '../../time/clock.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { topologyOfRules } from '../rule-topology.ts'
import { checkTopics } from '../topic-checks.ts'
import { planTopics } from '../topic-plan.ts'

interface Options extends LogOptions {
  readonly rules?: string
  readonly json?: boolean
}

const notes = `
Problems (exit code 1) keep the application from working or lose records; warnings cost something later. On Kafka it also
says who may write to main, as far as the user may ask (Describe on the cluster): they could forge events.`

/** `weir topics check`. */
export function topicsCheckCommand(cli: Cli): Command {
  const check = withLogOptions(new Command('check'))
    .description('Check that the topics are there, and kept as the application needs them.')
    .option('--rules <DIR>', 'rule files, for the changelogs of their state')
    .option('--app-id <ID>', 'prefix of changelogs (default: weir)')
    .option('--json', 'the findings for machines')
    .action(cli.action((options: Options) => withLog(cli, options, (log, config) => run(cli, log, config, options))))
  return withExamples(
    check,
    ['weir topics check --rules rules', 'weir topics check --kafka localhost:9092 --json'],
    notes,
  )
}

async function run(cli: Cli, log: LogClient, config: WeirConfig, { rules, json }: Options): Promise<ExitCode> {
  const { appId, mainTopic } = config
  const { partitions, config: settings } = await describedTopic(log, mainTopic)
  const folder = rules ?? config.rules
  const planned = planTopics({
    appId,
    mainTopic,
    partitions,
    retentionMs: -1,
    maxMessageBytes: Number(settings['max.message.bytes'] ?? 1_048_588),
    subTopologies:
      folder === undefined
        ? [{ id: 0, sources: [], stores: [] }]
        : (await topologyOfRules(folder, config)).subTopologies,
  })
  const replicated = config.log.kind === 'kafka'
  const { problems, warnings } = await checkTopics({ log, planned, replicated, nowMs: systemClock.nowMs() })
  if (folder === undefined) warnings.push('no --rules: the changelogs of their state were not looked at')
  if (json) await cli.out.line(JSON.stringify({ topics: planned.map(({ topic }) => topic), problems, warnings }))
  else {
    for (const warning of warnings) await cli.out.line(`${pc.yellow('warning:')} ${warning}`)
    for (const problem of problems) await cli.out.line(`${pc.red('problem:')} ${problem}`)
    await cli.out.line(`${planned.length} topics, ${problems.length} problems, ${warnings.length} warnings`)
  }
  return problems.length > 0 ? 1 : 0
}
