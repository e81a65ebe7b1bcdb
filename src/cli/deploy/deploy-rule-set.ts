import type { LogClient } from '../../log/log.ts'
import { differenceOf, type RuleSetChangeOf } from '../../rules/deploy/rule-set-diff.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { UsageError } from '../failure.ts'
import { describedTopic } from '../main-topic.ts'
import { startProgress } from '../progress.ts'
import { signerOf } from '../signing.ts'
import { type Deployed, presentRuleSet, readDeployed, shortHash } from './deployed.ts'
import { Deployer, type Readiness, type Waited } from './deployer.ts'
import { diffLines, diffSummary } from './diff-view.ts'
import { historyMissing } from './retained-history.ts'

export interface DeployFlags {
  /** False: the rule set is only made ready. */
  readonly activate: boolean
  /** Accepts state that begins later than the rule set would have it. */
  readonly cold?: boolean
  readonly dryRun?: boolean
  /** Also a rule set that is in force: its state is made anew. */
  readonly again?: boolean
  readonly json?: boolean
}

/** What became of a deployment, for machines. */
type Result = 'unchanged' | 'dry-run' | 'needs-cold' | 'failed' | 'interrupted' | 'prepared' | 'activated'

const sentences: Readonly<Record<Result, string>> = {
  unchanged: 'is in force already',
  'dry-run': 'would be deployed',
  'needs-cold':
    'is not deployed: the log does not reach back far enough; deploy it with --cold to begin with what there is',
  failed: 'is not activated',
  interrupted: 'is prepared and not activated yet; deploy it again to go on',
  prepared: 'is ready; deploy it again without --no-activate to activate it',
  activated: 'is in force',
}

/** Deploys a rule set that has been checked, and says how it went. */
export async function deployRuleSet(
  cli: Cli,
  { log, config, ruleSet }: { readonly log: LogClient; readonly config: WeirConfig; readonly ruleSet: RuleSet },
  flags: DeployFlags,
): Promise<ExitCode> {
  const { appId, mainTopic: topic } = config
  const { partitions } = await describedTopic(log, topic)
  const deployed = await readDeployed(log, appId, partitions)
  const present = presentRuleSet(deployed)
  const changes = differenceOf(present, ruleSet)
  const missing = [
    ...(await historyMissing(log, topic, partitions, ruleSet)),
    ...beginningEmpty(changes, ruleSet, deployed),
  ]
  const { hash } = ruleSet

  const end = async (result: Result, reasons: readonly string[] = []): Promise<ExitCode> => {
    if (flags.json) {
      const found = { result, hash, replaces: present?.hash ?? null, changes, missing, reasons }
      await cli.out.line(JSON.stringify(found))
    } else {
      for (const reason of reasons) await cli.err.line(reason)
      await cli.out.line(`${shortHash(hash)} ${sentences[result]}`)
    }
    return ['needs-cold', 'failed', 'interrupted'].includes(result) ? 1 : 0
  }

  if (!flags.json) {
    for (const line of diffLines(changes)) await cli.out.line(line)
    const against = present === undefined ? 'nothing is deployed' : `against ${shortHash(present.hash)}`
    await cli.out.line(`${diffSummary(changes)}, ${against}`)
  }
  if (isInForce(deployed, hash) && flags.again !== true) return end('unchanged')
  if (flags.dryRun) return end('dry-run', missing)
  if (missing.length > 0 && flags.cold !== true) return end('needs-cold', missing)

  const signal = cli.interrupted
  const deployer = new Deployer({ log, appId, topic, partitions, signer: await signing(config), ruleSet, signal })
  if (!deployer.isPrepared(deployed)) await deployer.prepare(deployed, { cold: missing.length > 0 })
  // An application that has never run has no state to prepare: its first start does as the log says.
  const runs = deployed.inForce.some((each) => each !== undefined)
  const warmed = runs ? await withProgress(cli, deployer) : 'ready'
  if (warmed === 'interrupted') return end('interrupted')
  if (warmed !== 'ready') return end('failed', [warmed.failure])
  if (!flags.activate) return end('prepared')
  await deployer.activate()
  if (runs) await deployer.inForce()
  return end('activated')
}

const isInForce = ({ inForce, warmUps }: Deployed, hash: string): boolean =>
  inForce.every((each) => each?.hash === hash) && warmUps.every((each) => each === undefined)

/** Another task works them out, from contributions that only the running rule set writes. */
const beginningEmpty = (changes: readonly RuleSetChangeOf[], { features }: RuleSet, { inForce }: Deployed): string[] =>
  inForce.every((each) => each === undefined)
    ? []
    : changes
        .filter(({ section, name }) => section === 'features' && features.get(name)?.scope === 'global')
        .map(({ name }) => `feature ${name} is kept across customers and begins empty`)

/** @throws UsageError when there is no key */
async function signing(config: WeirConfig) {
  const signer = await signerOf(config)
  if (typeof signer !== 'string') return signer
  if (signer === 'unsigned') return 'unsigned' as const
  throw new UsageError(signer)
}

const nobodyAfterMs = 5_000

async function withProgress(cli: Cli, deployer: Deployer): Promise<Waited> {
  const progress = startProgress(cli.err)
  const startedMs = performance.now()
  let told = false
  try {
    return await deployer.warm((readiness) => {
      progress.show(progressText(readiness))
      if (readiness.begun || told || performance.now() - startedMs < nobodyAfterMs) return
      told = true
      void cli.err.line('no task has begun yet: it needs weir run, which may be started now')
    })
  } finally {
    progress.done()
  }
}

const progressText = ({ ready, partitions, share }: Readiness): string =>
  `making the new state: ${Math.floor(share * 100)} %, ${ready} of ${partitions} partitions ready`
