import { Command } from 'commander'
import { type SimulatedEvent, toLine } from '../../replay/simulator/event.ts'
import { labelOf } from '../../replay/simulator/labels.ts'
import type { SimulateOptions } from '../../replay/simulator/options.ts'
import { simulate } from '../../replay/simulator/simulate.ts'
import { instant, positiveNumber, wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { openLineFile } from '../line-file.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { Pacer } from '../pacer.ts'
import { grouped, startProgress } from '../progress.ts'
import { RecordSender } from '../record-sender.ts'
import { recordOf } from '../simulated-record.ts'

interface Options extends LogOptions, Pick<SimulateOptions, 'customers' | 'terminals' | 'days' | 'seed'> {
  readonly from?: number
  readonly out?: string
  readonly labels?: string
  readonly rate?: number
  readonly json?: boolean
}

/** Takes events one by one; `finish` says where they went. */
interface Target {
  take(event: SimulatedEvent): Promise<void>
  finish(): Promise<void>
}

export function simulateCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('simulate'))
    .description('Make card payments, logins and row changes with labelled frauds: into a file, or into a log.')
    .option('--customers <N>', 'customers (default: 5000)', wholeNumber(1))
    .option('--terminals <N>', 'terminals (default: twice the customers)', wholeNumber(1))
    .option('--days <N>', 'days (default: 183)', wholeNumber())
    .option('--seed <N>', 'the same seed gives the same events (default: 1)', wholeNumber())
    .option('--from <TIME>', 'start of the first day (default: 2018-04-01)', instant)
    .option('--out <FILE>', 'write JSON lines to FILE, - for standard output')
    .option('--labels <FILE>', 'write the truth about each transaction to FILE')
    .option('--rate <N>', 'at most N events a second (default: as fast as possible)', positiveNumber)
    .option('--json', 'a summary for machines')
    .action(cli.action(async (options: Options) => run(cli, options)))
  return withExamples(command, [
    'weir simulate --customers 100 --days 30 --out events.jsonl --labels labels.jsonl',
    'weir simulate --kafka localhost:9092 --rate 200',
  ])
}

async function run(cli: Cli, options: Options): Promise<ExitCode> {
  const { out } = options
  if (out !== undefined && (options.kafka ?? options.dataDir) !== undefined) {
    throw new UsageError('events go to one place: keep --out, or --kafka or --data-dir')
  }
  if (out !== undefined) {
    const file = await openLineFile(out, cli)
    return produce(cli, options, out, { take: (event) => file.write(toLine(event)), finish: () => file.close() })
  }
  if ((options.kafka ?? options.dataDir ?? options.config) === undefined) {
    throw new UsageError('say where the events go: --out FILE, --kafka HOST:PORT or --data-dir DIR')
  }
  return withLog(cli, options, async (log, { mainTopic }) => {
    const { partitions } = await describedTopic(log, mainTopic)
    const producer = await log.openProducer()
    const sender = new RecordSender(producer)
    try {
      return await produce(cli, options, mainTopic, {
        async take(event) {
          await sender.add(recordOf(event, mainTopic, partitions))
          if (options.rate !== undefined) await sender.flush()
        },
        finish: () => sender.flush(),
      })
    } finally {
      await producer.close()
    }
  })
}

async function produce(cli: Cli, options: Options, where: string, target: Target): Promise<ExitCode> {
  const { from: fromMs, rate, customers, terminals, days, seed } = options
  const labels = options.labels === undefined ? undefined : await openLineFile(options.labels, cli)
  const pacer = rate === undefined ? undefined : new Pacer(rate, cli.interrupted)
  const plan = defined({ customers, terminals, days, seed, fromMs })
  const progress = startProgress(cli.err)
  let events = 0
  let frauds = 0
  try {
    for (const event of simulate(plan)) {
      if (cli.interrupted.aborted) break
      await pacer?.until(events + 1)
      await target.take(event)
      const label = labelOf(event)
      if (label !== undefined) await labels?.write(JSON.stringify(label))
      if (label?.fraud) frauds++
      if (++events % 1_000 !== 0 && rate === undefined) continue
      progress.show(`${grouped(events)} events`)
      await letSignalsIn()
    }
    await target.finish()
    await labels?.close()
  } finally {
    progress.done()
  }
  const summary = { events, frauds, where }
  const text = `${grouped(events)} events, ${grouped(frauds)} of them frauds, are in ${where}`
  await (options.out === '-' ? cli.err : cli.out).line(options.json ? JSON.stringify(summary) : text)
  return 0
}

/** A loop of promises that are settled already never lets a signal or a timer in. */
const letSignalsIn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Without the options that were not given. */
const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
