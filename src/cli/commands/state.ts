import { Command } from 'commander'
import type { LogClient } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import type { StoreDef } from '../../state/stores.ts'
import { formatEventTime } from '../../time/event-time.ts'
import { wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { startProgress } from '../progress.ts'
import { topologyOfRules } from '../rule-topology.ts'
import { type StoredEntry, storedEntries } from '../stored-entries.ts'

interface Options extends LogOptions {
  readonly rules?: string
  readonly partition?: number
  readonly json?: boolean
}

const notes = `
The state is read from the store's changelog, committed records only: that works beside running instances as well as
without any, on this machine or another, and shows what the last commit left. It costs reading the changelog, or with
--partition one partition of it.

KEY is a key of the store, or one part of it: most stores' keys are put together from a record key and more, and the
record key (the customer id) alone finds them all. Values may hold personal data, and are shown as they are.`

export function stateCommand(cli: Cli): Command {
  const get = withLogOptions(new Command('get'))
    .description('Print what a state store holds for a key, as JSON.')
    .argument('<store>', 'the store; an unknown one lists those that there are')
    .argument('<key>', 'a record key, or a whole key of the store')
    .option('--rules <DIR>', 'rule files: they say which stores there are and what is in them')
    .option('--app-id <ID>', 'prefix of changelogs (default: weir)')
    .option('--partition <N>', 'only this partition (default: all)', wholeNumber())
    .option('--json', 'one JSON array for machines')
    .action(
      cli.action((store: string, key: string, options: Options) =>
        withLog(cli, options, (log, config) => run(cli, log, config, { ...options, store, key })),
      ),
    )
  withExamples(
    get,
    ['weir state get sequence-events cust-7 --rules rules', 'weir state get lists watchlist --json'],
    notes,
  )
  const state = new Command('state').description('Look into the state of an application.').addCommand(get)
  return withExamples(state, ['weir state get table-customers cust-7 --rules rules'])
}

interface Question extends Options {
  readonly store: string
  readonly key: string
}

async function run(cli: Cli, log: LogClient, config: WeirConfig, question: Question): Promise<ExitCode> {
  const { appId, mainTopic } = config
  const { key, json } = question
  const store = await knownStore(config, question)
  const { partitions } = await describedTopic(log, mainTopic)
  const only = question.partition
  if (only !== undefined && only >= partitions) {
    throw new UsageError(`${mainTopic} has the partitions 0 to ${partitions - 1}; --partition ${only} is none of them`)
  }
  const progress = startProgress(cli.err)
  progress.show(`reading the changelog of ${store.name}`)
  const entries = await storedEntries({
    log,
    appId,
    store,
    key,
    partitions: only === undefined ? Array.from({ length: partitions }, (_, index) => index) : [only],
    signal: cli.interrupted,
  }).finally(() => progress.done())
  const lines = entries.map(shown)
  if (json) await cli.out.line(JSON.stringify(lines))
  else for (const line of lines) await cli.out.line(JSON.stringify(line))
  if (entries.length === 0) await cli.err.line(`${store.name} holds nothing for "${key}"`)
  return entries.length === 0 ? 1 : 0
}

const shown = ({ timeMs, ...entry }: StoredEntry) => ({
  ...entry,
  ...(timeMs === undefined ? {} : { time: formatEventTime(timeMs) }),
})

async function knownStore(config: WeirConfig, { rules = config.rules, store }: Question): Promise<StoreDef> {
  if (rules === undefined) throw new UsageError('say which rules the application runs: --rules DIR, or WEIR_RULES')
  const { subTopologies } = await topologyOfRules(rules, config)
  const stores: readonly StoreDef[] = subTopologies.flatMap((each) => each.stores)
  const found = stores.find(({ name }) => name === store)
  if (found !== undefined) return found
  const list = stores.map(({ name, kind }) => `${name} (${kind})`).join(', ')
  throw new UsageError(`there is no store "${store}"; these rules keep ${list}`)
}
