import { Command, Option } from 'commander'
import pc from 'picocolors'
import { type BacktestOptions, type BacktestSummary, backtest } from '../../replay/backtest.ts'
import { outcomes } from '../../rules/rule-set.ts'
import { defaultEngine } from '../../state/engines/index.ts'
import { wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { outcomeText } from '../decision-view.ts'
import { withExamples } from '../examples.ts'
import { grouped, progressText, startProgress } from '../progress.ts'
import { loadRules } from '../rule-folder.ts'

interface Options {
  readonly rules?: string
  readonly input: string
  readonly output?: string
  readonly partitions: number
  readonly threads?: number
  readonly globalFeatures: NonNullable<BacktestOptions['features']>
  readonly json?: boolean
}

const notes = `
The input is JSON lines, of your own or of weir export. The output has one decision a line, partition by partition; the
same input gives the same bytes. Lines that are no events are counted, and the back-test goes on. With one partition an
event's offset is its line, counted from 0.

With --rules that rule set decides everything, from the start. Without it each part is decided by the rule set that the
input activates there, and what lies before the first by none; control lines are believed, signed or not.

Results of global features that the input holds, as an export does, are used as they are when they come from the same
definition. Others are worked out: the partitions are merged by timestamp, partition and offset, and each result comes
directly after its cause. An input with decisions of this very rule set holds all there were.`

export function backtestCommand(cli: Cli): Command {
  const command = new Command('backtest')
    .description('Decide a file of events by a rule set, with the engine that decides live.')
    .option('--rules <DIR>', 'rule files (default: the rule sets that the input deploys)')
    .requiredOption('--input <FILE>', 'events as JSON lines, - for standard input')
    .option('--output <FILE>', 'write the decisions to FILE, - for standard output')
    .option('--partitions <N>', 'partitions of the log that the lines make', wholeNumber(1, 10_000), 1)
    .option(
      '--threads <N>',
      'threads that share the partitions (default: one a core, for large files)',
      wholeNumber(1, 256),
    )
    .addOption(
      new Option('--global-features <FROM>', 'take results of global features from the input, or work them out')
        .choices(['auto', 'recorded', 'recomputed'])
        .default('auto'),
    )
    .option('--json', 'a summary for machines')
    .action(cli.action((options: Options) => run(cli, options)))
  return withExamples(
    command,
    [
      'weir backtest --rules rules --input events.jsonl --output decisions.jsonl',
      'weir backtest --rules rules --input events.jsonl --json',
    ],
    notes,
  )
}

async function run(
  cli: Cli,
  { rules, input, output, partitions, threads, globalFeatures, json }: Options,
): Promise<ExitCode> {
  const ruleSet = rules === undefined ? undefined : await loadRules(rules)
  const progress = startProgress(cli.err)
  try {
    const summary = await backtest({
      ...(ruleSet === undefined ? {} : { ruleSet }),
      input,
      ...(output === undefined ? {} : { output }),
      partitions,
      ...(threads === undefined ? {} : { threads }),
      features: globalFeatures,
      engine: defaultEngine(),
      onProgress: ({ lines, share }) => progress.show(progressText(`${grouped(lines)} lines`, share)),
    })
    progress.done()
    const text = json ? JSON.stringify(forMachines(summary, ruleSet?.hash ?? null)) : forPeople(summary)
    await (output === '-' ? cli.err : cli.out).line(text)
  } finally {
    progress.done()
  }
  return 0
}

/** Counts whose names begin so, by the rest of the name. */
function countsOf({ counts }: BacktestSummary, prefix: string): Record<string, number> {
  const found = [...counts].filter(([name]) => name.startsWith(`${prefix}.`))
  return Object.fromEntries(found.map(([name, count]) => [name.slice(prefix.length + 1), count]))
}

const forMachines = (summary: BacktestSummary, ruleSet: string | null) => ({
  ruleSet,
  lines: summary.lines,
  decisions: summary.decisions,
  outcomes: countsOf(summary, 'decisions'),
  rules: countsOf(summary, 'hits'),
  late: summary.counts.get('late') ?? 0,
  duplicates: summary.counts.get('duplicates') ?? 0,
  deadLettered: countsOf(summary, 'dead-lettered'),
  failures: countsOf(summary, 'failures'),
  globalFeatures: summary.features,
})

function forPeople(summary: BacktestSummary): string {
  const { lines, decisions, rules, late, duplicates, deadLettered, failures, globalFeatures, ...rest } = forMachines(
    summary,
    '',
  )
  const { recorded, recomputed } = globalFeatures
  const named = (features: readonly string[], what: string) =>
    features.length === 0 ? [] : [`global features ${what}: ${features.join(', ')}`]
  const table = (title: string, counts: Readonly<Record<string, number>>) =>
    Object.keys(counts).length === 0
      ? []
      : [
          '',
          pc.bold(title),
          ...Object.entries(counts).map(([name, count]) => `  ${grouped(count).padStart(11)}  ${name}`),
        ]
  return [
    `${grouped(lines)} lines, ${grouped(decisions)} decisions, ${grouped(late)} late, ${grouped(duplicates)} duplicates`,
    ...outcomes.map((outcome) => `  ${grouped(rest.outcomes[outcome] ?? 0).padStart(11)}  ${outcomeText(outcome)}`),
    ...named(recorded, 'as the input has them'),
    ...named(recomputed, 'worked out, partitions merged by (timestamp, partition, offset)'),
    ...table('Rules that fired', rules),
    ...table('Dead-lettered, by reason', deadLettered),
    ...table('Evaluations that failed, by rule', failures),
  ].join('\n')
}
