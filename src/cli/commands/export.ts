import { Command } from 'commander'
import type { LogClient } from '../../log/log.ts'
import { recordToLine } from '../../record/json-lines.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { openLineFile } from '../line-file.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { readPartition } from '../partition-reading.ts'
import { grouped, startProgress } from '../progress.ts'

interface Options extends LogOptions {
  readonly out: string
  readonly json?: boolean
}

const notes = `
The file holds everything that is committed when the command starts, partition by partition, in offset order, decisions
included. Each line names its partition, offset and timestamp, so that a back-test of the file gives the same bytes as
one of the log.`

export function exportCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('export'))
    .description('Write a topic as JSON lines with their coordinates.')
    .requiredOption('--out <FILE>', 'the file to write, - for standard output')
    .option('--json', 'a summary for machines')
    .action(
      cli.action((options: Options) =>
        withLog(cli, options, (log, { mainTopic }) => run(cli, log, mainTopic, options)),
      ),
    )
  return withExamples(
    command,
    ['weir export --out events.jsonl', 'weir export --kafka localhost:9092 --topic main --out -'],
    notes,
  )
}

async function run(cli: Cli, log: LogClient, topic: string, { out, json }: Options): Promise<ExitCode> {
  const { partitions } = await describedTopic(log, topic)
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  const ends = await Promise.all(all.map((each) => log.endOffset(each, 'read-committed')))
  const file = await openLineFile(out, cli)
  const progress = startProgress(cli.err)
  let records = 0
  try {
    for (const [index, partition] of all.entries()) {
      await readPartition(log, partition, {
        from: 0,
        to: ends[index]!,
        signal: cli.interrupted,
        async onBatch(batch) {
          for (const record of batch.records) await file.write(recordToLine(record))
          records += batch.records.length
          progress.show(`${grouped(records)} records, partition ${index + 1} of ${partitions}`)
        },
      })
    }
    await file.close()
  } finally {
    progress.done()
  }
  const cut = cli.interrupted.aborted
  const text = `${cut ? 'interrupted: ' : ''}${grouped(records)} records of ${topic} are in ${out}`
  await (out === '-' ? cli.err : cli.out).line(json ? JSON.stringify({ records, topic, out, complete: !cut }) : text)
  return cut ? 1 : 0
}
