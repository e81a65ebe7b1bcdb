import { Command } from 'commander'
import type { Log } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { planReset, type ResetPlan, resetPartition } from '../../runtime/reset.ts'
import type { StoreDef } from '../../state/stores.ts'
import { readLedger } from '../../task/deployment-ledger.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { configOf, type LogOptions, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { openLog } from '../member.ts'
import { grouped, startProgress } from '../progress.ts'
import { topologyOfRules } from '../rule-topology.ts'

interface Options extends LogOptions {
  readonly rules?: string
  readonly execute?: boolean
  readonly incomplete?: boolean
  readonly json?: boolean
}

const notes = `
Without --execute it only says what it would do. Positions go back to the start of the log and state is emptied; the
application then rebuilds its state from there: a state as of some later moment cannot be had without what came before.

Nothing is decided twice. Whatever the application had processed is in the log with all that came of it: that is not
written again. Its decisions are compared with those in the log, byte for byte. One that differs is logged as an error,
counted (weir_decisions_differing) and shown by /health; what main holds stays as it is.

The application must be stopped, all instances of it. Where the log no longer begins at its first record, state would
lack what came before: --incomplete accepts that, and the differences that follow. Applications with deployed rule sets
or features across customers cannot be reset; weir deploy --again makes the state of what is deployed anew.`

export function resetCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('reset'))
    .description('Rebuild the state of an application from its log, and compare its decisions with those made before.')
    .option('--rules <DIR>', 'rule files: they say which state there is')
    .option('--app-id <ID>', 'the application (default: weir)')
    .option('--execute', 'do it')
    .option('--incomplete', 'also where the log has lost its beginning')
    .option('--json', 'the plan for machines')
    .action(cli.action((options: Options) => run(cli, options)))
  return withExamples(command, ['weir reset --rules rules', 'weir reset --rules rules --execute'], notes)
}

async function run(cli: Cli, options: Options): Promise<ExitCode> {
  const config = configOf(cli, options)
  const stores = await storesOf(config, options)
  const log = await openLog(config, silentLogger)
  const progress = startProgress(cli.err)
  try {
    await refuseWhileRunning(log, config.appId)
    const plans = await plansOf(log, config, options)
    if (options.execute) {
      for (const [index, plan] of plans.entries()) {
        progress.show(`partition ${index + 1} of ${plans.length}`)
        await resetPartition(plan, { log, applicationId: config.appId, stores })
      }
    }
    progress.done()
    await report(cli, plans, options)
    return 0
  } finally {
    progress.done()
    await log.close()
  }
}

async function storesOf(config: WeirConfig, { rules = config.rules }: Options): Promise<readonly StoreDef[]> {
  if (rules === undefined) throw new UsageError('say which rules the application runs: --rules DIR, or WEIR_RULES')
  const { subTopologies } = await topologyOfRules(rules, config)
  if (subTopologies.length === 1) return subTopologies[0]!.stores
  throw new UsageError(
    'these rules have features across customers, whose state depends on several partitions: give the application another --app-id, which begins anew',
  )
}

async function refuseWhileRunning(log: Log, appId: string): Promise<void> {
  const members = (await log.groupMembers?.(appId)) ?? 0
  if (members === 0) return
  throw new UsageError(
    `the group ${appId} has ${members} members; stop every instance of the application, and try again (after a crash, when its session has ended)`,
  )
}

async function plansOf(log: Log, { appId, mainTopic }: WeirConfig, { incomplete }: Options): Promise<ResetPlan[]> {
  const { partitions } = await describedTopic(log, mainTopic)
  const plans: ResetPlan[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const { inForce, announced } = await readLedger(log, appId, partition)
    if (announced.size > 0 || (inForce?.id ?? null) !== null) {
      throw new UsageError(
        `rule sets are deployed to ${appId}; deploy the one in force again with weir deploy DIR --again, which makes its state anew`,
      )
    }
    const plan = await planReset(log, appId, { topic: mainTopic, partition })
    if (plan === undefined) continue
    if (plan.to > 0 && !incomplete) {
      throw new UsageError(
        `partition ${partition} of ${mainTopic} begins at offset ${plan.to}: state from before would be missing; --incomplete accepts that`,
      )
    }
    plans.push(plan)
  }
  return plans
}

async function report(cli: Cli, plans: readonly ResetPlan[], { execute = false, json }: Options): Promise<void> {
  if (json) return cli.out.line(JSON.stringify({ executed: execute, partitions: plans }))
  for (const { partition, to, decidedTo } of plans) {
    await cli.out.line(`partition ${partition}: from ${grouped(decidedTo)} back to ${grouped(to)}`)
  }
  const done = execute
    ? 'reset; start the application, and it rebuilds its state'
    : 'nothing is done yet; --execute does it'
  await cli.out.line(plans.length === 0 ? 'the application has processed nothing yet' : done)
}
