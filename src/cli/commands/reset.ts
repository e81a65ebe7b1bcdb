import { Command, Option } from 'commander'
import type { Log } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { forgetDefinition, type ResetPlan, resetPartition } from '../../runtime/reset.ts'
import { commaSeparated, instant } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { configOf, type LogOptions, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { openLog } from '../member.ts'
import { grouped, startProgress } from '../progress.ts'
import { type DecidedBy, decidedBy } from '../reset/decided-by.ts'
import { type ResetFlags, resetPlans } from '../reset/reset-plans.ts'

interface Options extends LogOptions, ResetFlags {
  readonly rules?: string
  readonly toStart?: boolean
  readonly execute?: boolean
  readonly json?: boolean
}

const notes = `
Without --execute it only says what it would do. Positions go back to the start of the log and state is emptied; the
application then rebuilds its state from there: a state as of some later moment cannot be had without what came before.
--to-time and --to-offset say from where on decisions are compared; before that, only state is made. With --to-offset,
partitions that are not named stay as they are.

Nothing is decided twice. Whatever the application had processed is in the log with all that came of it: that is not
written again. Its decisions are compared with those in the log, byte for byte. One that differs is logged as an error,
counted (weir_decisions_differing_total) and shown by /health; what main holds stays as it is.

With --redecide, one that differs is written again, once, with the id r:<n>:<old id> and the old id in "supersedes": <n>
is the number of the reset in its partition. Consumers that keep the last decision by supersedes, or else decisionId, are
right. Decisions that are no longer made at all are not taken back, but counted (weir_decisions_retracted_total). Under
other rule files every decision differs: it names its rule set.

The application must be stopped, all instances of it. Where the log no longer begins at its first record, state would
lack what came before: --incomplete accepts that, and the differences that follow.

Rule sets that were deployed come into force again where the log activates them, whatever --rules names; their states are
made anew on the way. That needs the whole log: where it has lost its beginning, weir deploy DIR --again makes the state of
the rule set in force anew.

Features across customers (scope: global) are not counted again: their state and their results in main stay as they are,
and nothing is contributed twice. Rule files that change them cannot be reset to.`

export function resetCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('reset'))
    .description('Rebuild the state of an application from its log, and compare its decisions with those made before.')
    .option('--rules <DIR>', 'rule files to decide by (default: those that the application began with)')
    .option('--app-id <ID>', 'the application (default: weir)')
    .addOption(new Option('--to-start', 'compare all decisions (the default)').conflicts(['toTime', 'toOffset']))
    .addOption(
      new Option('--to-time <TIME>', 'compare from the first record on that was appended at TIME or later')
        .argParser(instant)
        .conflicts('toOffset'),
    )
    .addOption(
      new Option('--to-offset <P:O,...>', 'compare partition P from offset O on; others stay as they are').argParser(
        commaSeparated,
      ),
    )
    .option('--redecide', 'write decisions that differ again; they supersede the old ones')
    .option('--execute', 'do it')
    .option('--incomplete', 'also where the log has lost its beginning')
    .option('--json', 'the plan for machines')
    .action(cli.action((options: Options) => run(cli, options)))
  const examples = [
    'weir reset --rules rules',
    'weir reset --rules rules --execute',
    'weir reset --rules rules --to-time 2026-03-01T10:00:00Z --redecide --execute',
    'weir reset --rules rules --to-offset 0:1200,3:900',
  ]
  return withExamples(command, examples, notes)
}

async function run(cli: Cli, options: Options): Promise<ExitCode> {
  const config = configOf(cli, options)
  const { appId } = config
  const log = await openLog(config, silentLogger)
  const progress = startProgress(cli.err)
  try {
    await refuseWhileRunning(log, appId)
    progress.show('reading the log')
    const by = await decidedBy(log, config, options.rules ?? config.rules)
    const plans = await resetPlans(log, config, by, options)
    if (options.execute) {
      // First: until their partitions follow, those tasks can go on under either rule files.
      if (by.otherwise.size > 0) await forgetDefinitions(log, config, by)
      for (const [index, plan] of plans.entries()) {
        progress.show(`partition ${index + 1} of ${plans.length}`)
        await resetPartition(plan, { log, applicationId: appId, ...by })
      }
    }
    progress.done()
    await report(cli, plans, by, options)
    return 0
  } finally {
    progress.done()
    await log.close()
  }
}

async function refuseWhileRunning(log: Log, appId: string): Promise<void> {
  const members = (await log.groupMembers?.(appId)) ?? 0
  if (members === 0) return
  throw new UsageError(
    `the group ${appId} has ${members} members; stop every instance of the application, and try again (after a crash, when its session has ended)`,
  )
}

/** Of tasks whose state stays as it is, though other rule files decide from now on. */
async function forgetDefinitions(log: Log, { appId, mainTopic }: WeirConfig, { behind }: DecidedBy): Promise<void> {
  const { partitions } = await describedTopic(log, mainTopic)
  for (const subTopology of behind)
    for (let partition = 0; partition < partitions; partition++)
      await forgetDefinition(log, appId, { subTopology, partition })
}

async function report(
  cli: Cli,
  plans: readonly ResetPlan[],
  { deployed, otherwise }: DecidedBy,
  { execute = false, json }: Options,
): Promise<void> {
  if (json) {
    const ruleSets = { deployed: deployed.length, changed: otherwise.size > 0 }
    return cli.out.line(JSON.stringify({ executed: execute, ruleSets, partitions: plans.map(shown) }))
  }
  for (const { partition, to, position, compareFrom, records, decisions, revision } of plans) {
    const again = revision === null ? '' : `, those that differ written again as r:${revision}:…`
    await cli.out.line(
      `partition ${partition}: from ${grouped(position)} back to ${grouped(to)}, ${grouped(records)} records to read; ` +
        `from ${grouped(compareFrom)} on ${grouped(decisions)} decisions to compare${again}`,
    )
  }
  if (deployed.length > 0) {
    await cli.out.line(
      `decided by the rule sets of the log: what the application began with, and ${deployed.length} deployed since; rule files do not count`,
    )
  }
  if (otherwise.size > 0) {
    await cli.out.line('other rule files than before: every decision names its rule set, so that all of them differ')
  }
  const done = execute
    ? 'reset; start the application, and it rebuilds its state'
    : 'nothing is done yet; --execute does it'
  await cli.out.line(plans.length === 0 ? 'the application has processed nothing yet' : done)
}

/** A plan without what only the position needs. */
const shown = ({ marks: _, ...plan }: ResetPlan) => plan
