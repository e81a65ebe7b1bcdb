import { Command } from 'commander'
import type { LogClient } from '../../log/log.ts'
import { readLines } from '../../record/json-lines.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { systemClock } from '../../time/clock.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { lineRecords } from '../line-records.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { grouped, startProgress } from '../progress.ts'
import { RecordSender } from '../record-sender.ts'
import { signerOf } from '../signing.ts'
import { untilAborted } from '../until-aborted.ts'

interface Options extends LogOptions {
  readonly json?: boolean
}

interface BadLine {
  readonly line: number
  readonly problem: string
}

/** More are counted, and not shown. */
const shownProblems = 100

const notes = `
A line: {"kind":"business","type":"card.authorised","id":"tx-1","key":"cust-7","time":"2026-03-01T10:00:00Z",
"payload":{"amount":25}}. The key decides the partition. Control lines are signed and go to every partition; decisions
(of an export) are left out. Lines that are no records are reported and not sent; all others are sent, and the exit
code is 1.`

export function sendCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('send'))
    .description('Send events, row changes and control records from JSON lines.')
    .argument('<file>', 'the file to read, - for standard input')
    .option('--json', 'a summary for machines')
    .action(
      cli.action((file: string, options: Options) =>
        withLog(cli, options, (log, config) => run(cli, log, config, file, options)),
      ),
    )
  return withExamples(
    command,
    ['weir send events.jsonl', 'tail -f events.jsonl | weir send --kafka localhost:9092 -'],
    notes,
  )
}

async function run(cli: Cli, log: LogClient, config: WeirConfig, file: string, options: Options): Promise<ExitCode> {
  const { mainTopic: topic } = config
  const { partitions } = await describedTopic(log, topic)
  // Sequence numbers grow from run to run as the clock does, a thousand of them a millisecond.
  const firstSequence = systemClock.nowMs() * 1_000
  const toRecords = lineRecords({ topic, partitions, signer: await signerOf(config), firstSequence })
  const producer = await log.openProducer()
  const sender = new RecordSender(producer)
  const progress = startProgress(cli.err)
  const bad: BadLine[] = []
  let leftOut = 0
  try {
    for await (const { text, lineNumber } of readLines(file, { input: untilAborted(cli.input, cli.interrupted) })) {
      if (cli.interrupted.aborted) break
      if (text.trim() === '') continue
      const result = toRecords(text)
      if (result.kind === 'problem') bad.push({ line: lineNumber, problem: result.text })
      else if (result.kind === 'left-out') leftOut++
      else for (const record of result.records) await sender.add(record)
      progress.show(`${grouped(sender.sent)} records sent`)
    }
    await sender.flush()
  } finally {
    progress.done()
    await producer.close()
  }
  const { sent } = sender
  if (options.json)
    await cli.out.line(
      JSON.stringify({ topic, sent, leftOut, badLines: bad.length, problems: bad.slice(0, shownProblems) }),
    )
  else
    await report(
      cli,
      `${grouped(sent)} records sent to ${topic}${leftOut === 0 ? '' : `, ${grouped(leftOut)} of Weir’s own left out`}`,
      file,
      bad,
    )
  return bad.length > 0 ? 1 : 0
}

async function report(cli: Cli, summary: string, file: string, bad: readonly BadLine[]): Promise<void> {
  for (const { line, problem } of bad.slice(0, shownProblems)) await cli.err.line(`${file}:${line}: ${problem}`)
  if (bad.length > shownProblems) await cli.err.line(`… and ${grouped(bad.length - shownProblems)} more`)
  await cli.out.line(bad.length === 0 ? summary : `${summary}, ${grouped(bad.length)} lines not sent`)
}
