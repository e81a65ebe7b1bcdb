import { Command } from 'commander'
import type { LogClient } from '../../log/log.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import type { StoreDef } from '../../state/stores.ts'
import { changelogTopic } from '../../task/changelog.ts'
import { formatEventTime } from '../../time/event-time.ts'
import { wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { startProgress } from '../progress.ts'
import { stateGenerations } from '../state-generations.ts'
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
    .option('--rules <DIR>', 'rule files, where the application has not noted its own yet')
    .option('--app-id <ID>', 'prefix of changelogs (default: weir)')
    .option('--partition <N>', 'only this partition (default: all)', wholeNumber())
    .option('--json', 'one JSON array for machines')
    .action(
      cli.action((store: string, key: string, options: Options) =>
        withLog(cli, options, (log, config) => run(cli, log, config, { ...options, store, key })),
      ),
    )
  withExamples(get, ['weir state get sequence-events cust-7', 'weir state get lists watchlist --json'], notes)
  const state = new Command('state').description('Look into the state of an application.').addCommand(get)
  return withExamples(state, ['weir state get table-customers cust-7'])
}

interface Question extends Options {
  readonly store: string
  readonly key: string
}

async function run(cli: Cli, log: LogClient, config: WeirConfig, question: Question): Promise<ExitCode> {
  const { rules = config.rules, store: name, key, json } = question
  const generations = await stateGenerations(log, config, rules)
  const ofMain = generations.reduce((sum, { partitions }) => sum + partitions.length, 0)
  const progress = startProgress(cli.err)
  progress.show(`reading what ${name} holds`)
  const entries: StoredEntry[] = []
  try {
    for (const { appId, stores, partitions } of generations) {
      const store = knownStore(stores, name)
      const topic = await describedTopic(log, changelogTopic(appId, name))
      // Features across customers have partitions of their own.
      const all = topic.partitions === ofMain ? partitions : Array.from({ length: topic.partitions }, (_, each) => each)
      const wanted = question.partition === undefined ? all : all.filter((each) => each === question.partition)
      const { interrupted: signal } = cli
      entries.push(...(await storedEntries({ log, appId, store, key, partitions: wanted, signal })))
    }
  } finally {
    progress.done()
  }
  const lines = entries.map(shown)
  if (json) await cli.out.line(JSON.stringify(lines))
  else for (const line of lines) await cli.out.line(JSON.stringify(line))
  if (entries.length === 0) await cli.err.line(`${name} holds nothing for "${key}"`)
  return entries.length === 0 ? 1 : 0
}

const shown = ({ timeMs, ...entry }: StoredEntry) => ({
  ...entry,
  ...(timeMs === undefined ? {} : { time: formatEventTime(timeMs) }),
})

function knownStore(stores: readonly StoreDef[], name: string): StoreDef {
  const found = stores.find((store) => store.name === name)
  if (found !== undefined) return found
  const list = stores.map((store) => `${store.name} (${store.kind})`).join(', ')
  throw new UsageError(`there is no store "${name}"; these rules keep ${list}`)
}
