import { Command } from 'commander'
import type { LogClient } from '../../log/log.ts'
import type { TopicPartition } from '../../record/record.ts'
import type { WeirConfig } from '../../runtime/config.ts'
import { timesIn } from '../../task/position.ts'
import { systemClock } from '../../time/clock.ts'
import { formatEventTime } from '../../time/event-time.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { type LogOptions, withLog, withLogOptions } from '../log-options.ts'
import { describedTopic } from '../main-topic.ts'
import { grouped } from '../progress.ts'

interface Options extends LogOptions {
  readonly json?: boolean
}

/** How far the application is in one partition. */
interface Lag {
  readonly partition: number
  /** The next offset to process; `null` while nothing was committed. */
  readonly committed: number | null
  /** The offset after the last record. */
  readonly end: number
  /** Offsets still to pass, markers of transactions included. */
  readonly lag: number
  /** `null` before the first event. */
  readonly streamTimeMs: number | null
  /** Offsets that an open transaction hides from readers, and how long ago the first of them was written. */
  readonly heldBack: number
  readonly heldBackMs: number
}

const notes = `
Lag counts offsets up to the end, the markers of transactions and Weir's own decisions included: an application that has
caught up shows a few, not always 0. "held back" is what an open transaction hides from every reader: if it stays, some
producer hangs.`

export function lagCommand(cli: Cli): Command {
  const command = withLogOptions(new Command('lag'))
    .description('Show how far the application is, partition by partition.')
    .option('--app-id <ID>', 'consumer group (default: weir)')
    .option('--json', 'the list for machines')
    .action(cli.action((options: Options) => withLog(cli, options, (log, config) => run(cli, log, config, options))))
  return withExamples(command, ['weir lag', 'weir lag --kafka localhost:9092 --app-id card-risk --json'], notes)
}

async function run(cli: Cli, log: LogClient, { mainTopic, appId }: WeirConfig, { json }: Options): Promise<ExitCode> {
  const { partitions } = await describedTopic(log, mainTopic)
  const lags = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => lagOf(log, appId, { topic: mainTopic, partition })),
  )
  const lag = lags.reduce((sum, each) => sum + each.lag, 0)
  if (json) await cli.out.line(JSON.stringify({ topic: mainTopic, appId, lag, partitions: lags }))
  else await print(cli, lags, lag)
  return 0
}

async function lagOf(log: LogClient, appId: string, at: TopicPartition): Promise<Lag> {
  const [[committed], start, stable, end] = await Promise.all([
    log.committedOffsets(appId, [at]),
    log.startOffset(at),
    log.endOffset(at, 'read-committed'),
    log.endOffset(at, 'read-uncommitted'),
  ])
  const heldBack = Math.max(0, end - stable)
  const { streamTimeMs = -1 } = committed === undefined ? {} : timesIn(committed.metadata)
  return {
    partition: at.partition,
    committed: committed?.offset ?? null,
    end,
    lag: Math.max(0, end - (committed?.offset ?? start)),
    streamTimeMs: streamTimeMs < 0 ? null : streamTimeMs,
    heldBack,
    heldBackMs: heldBack === 0 ? 0 : await ageOf(log, at, stable),
  }
}

/** How long ago the record at this offset was written, ms; 0 when there is none any more. */
async function ageOf(log: LogClient, at: TopicPartition, offset: number): Promise<number> {
  const reader = await log.openReader({ ...at, offset, isolation: 'read-uncommitted', maxBytes: 1 })
  try {
    const [record] = (await reader.poll(0)).records
    return record === undefined ? 0 : Math.max(0, systemClock.nowMs() - record.timestampMs)
  } finally {
    await reader.close()
  }
}

async function print(cli: Cli, lags: readonly Lag[], total: number): Promise<void> {
  const rows = lags.map(({ partition, committed, end, lag, streamTimeMs, heldBack, heldBackMs }) => [
    String(partition),
    committed === null ? '-' : grouped(committed),
    grouped(end),
    grouped(lag),
    streamTimeMs === null ? '-' : formatEventTime(streamTimeMs),
    heldBack === 0 ? '-' : `${grouped(heldBack)} for ${Math.round(heldBackMs / 1000)} s`,
  ])
  const head = ['partition', 'committed', 'end', 'lag', 'stream time', 'held back']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  for (const row of [head, ...rows]) {
    await cli.out.line(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
  }
  await cli.out.line(`lag ${grouped(total)} in ${lags.length} partitions`)
}
