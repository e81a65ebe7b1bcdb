import { Command, InvalidArgumentError } from 'commander'
import type { FetchedBatch, LogClient } from '../../log/log.ts'
import type { LogRecord, TopicPartition } from '../../record/record.ts'
import { outcomes } from '../../rules/rule-set.ts'
import { commaSeparated } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { type DecisionValue, decisionOf, decisionText, isDecision } from '../decision-view.ts'
import { withExamples } from '../examples.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { readPartition } from '../partition-reading.ts'

type From = 'start' | 'end' | number

interface Options extends LogOptions {
  readonly follow: boolean
  readonly from?: From
  readonly flagged?: boolean
  readonly outcome?: readonly string[]
  readonly json?: boolean
}

const notes = `
Without --from, following begins at the end, and --no-follow at the start. Decisions of one customer come in their
order; those of different partitions come as they are read.`

export function tailCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('tail'))
    .description('Show decisions as they are made: when, whose, what, and which rules say so.')
    .option('--follow', 'go on as decisions come (default)', true)
    .option('--no-follow', 'end at what is there now')
    .option('--from <start|end|OFFSET>', 'where to begin, in each partition', from)
    .option('--flagged', 'only decisions in which a rule fired')
    .option('--outcome <LIST>', `only these outcomes, of ${outcomes.join(', ')}`, outcomeList)
    .option('--json', 'the decisions themselves, one a line')
    .action(
      cli.action((options: Options) =>
        withLog(cli, options, (log, { mainTopic }) => run(cli, log, mainTopic, options)),
      ),
    )
  return withExamples(command, ['weir tail --flagged', 'weir tail --no-follow --outcome block,challenge --json'], notes)
}

function from(text: string): From {
  if (text === 'start' || text === 'end') return text
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be start, end or an offset.')
  return Number(text)
}

function outcomeList(text: string): string[] {
  const list = commaSeparated(text)
  const unknown = list.find((each) => !outcomes.some((outcome) => outcome === each))
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${outcomes.join(', ')}.`)
  return list
}

async function run(cli: Cli, log: LogClient, topic: string, options: Options): Promise<ExitCode> {
  const { partitions } = await describedTopic(log, topic)
  const onBatch = ({ records }: FetchedBatch) => show(cli, records, options)
  const signal = cli.interrupted
  await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const at = { topic, partition }
      const end = await log.endOffset(at, 'read-committed')
      const begin = await firstOffset(log, at, options.from ?? (options.follow ? 'end' : 'start'))
      await readPartition(log, at, { from: begin, signal, onBatch, ...(options.follow ? {} : { to: end }) })
    }),
  )
  return 0
}

async function firstOffset(log: LogClient, partition: TopicPartition, from: From): Promise<number> {
  if (typeof from === 'number') return from
  return from === 'start' ? 0 : log.endOffset(partition, 'read-committed')
}

async function show(cli: Cli, records: readonly LogRecord[], options: Options): Promise<void> {
  for (const record of records) {
    const decision = isDecision(record) ? decisionOf(record) : undefined
    if (decision === undefined || !wanted(decision, options)) continue
    await cli.out.line(options.json ? record.value?.toString('utf8') : decisionText(decision))
  }
}

function wanted({ outcome, fired }: DecisionValue, options: Options): boolean {
  return (!options.flagged || fired.length > 0) && (options.outcome?.includes(outcome) ?? true)
}
