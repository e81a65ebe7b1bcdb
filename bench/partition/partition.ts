/**
 * One task over generated card events, without a broker: what an event costs from ingress to the database write.
 * `node bench/partition/partition.ts [--events N] [--cards N] [--emit all|flagged] [--rules DIR] [--engine rocksdb|memory] [--batch N] [--rounds N]
 * [--most-times-bare N]`; with the last flag it fails when the task takes more than N times a bare loop's time, a guard that
 * holds on any machine.
 */
import { rm } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { LogRecord } from '../../src/record/record.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import type { StateEngine } from '../../src/state/engine.ts'
import { spreadOf } from '../broker/numbers.ts'
import { cardEvents } from '../data/card-events.ts'
import { outgoingOf } from '../data/outgoing.ts'
import { type Emit, tenMinuteRule } from '../data/ten-minute-rule.ts'
import { openReplay } from './bench-task.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    cards: { type: 'string', default: '20000' },
    emit: { type: 'string', default: 'all' },
    rules: { type: 'string' },
    engine: { type: 'string', default: 'rocksdb' },
    batch: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    'most-times-bare': { type: 'string' },
  },
})
const events = Number(values.events)
const batch = Number(values.batch)
const ruleSet = values.rules === undefined ? tenMinuteRule(values.emit as Emit) : await loadRuleSet(values.rules)

const topic = 'main'

/** The log's records in batches, made one at a time: a large heap would be the benchmark's own cost. */
function* batches(): Generator<LogRecord[]> {
  let offset = 0
  let next: LogRecord[] = []
  for (const event of cardEvents({ events, cards: Number(values.cards), seed: 1 })) {
    next.push({ ...outgoingOf(event, topic), offset: offset++, timestampMs: event.timestampMs })
    if (next.length < batch) continue
    yield next
    next = []
  }
  if (next.length > 0) yield next
}

interface Round {
  readonly eventsPerSecond: number
  readonly cpuMicros: number
  /** The bare loop's time over the task's: the machine's noise meets both. */
  readonly bareRatio: number
  readonly decisions: number
}

let parsedBytes = 0

/** Parses each value and writes it again: the least that anybody does. */
function bareLoop(records: readonly LogRecord[]): number {
  const startedMs = performance.now()
  for (const { value } of records) parsedBytes += Buffer.from(JSON.stringify(JSON.parse(value!.toString()))).length
  return performance.now() - startedMs
}

async function round(): Promise<Round> {
  const { task, folder } = await openReplay(ruleSet, values.engine as StateEngine['name'])
  let decisions = 0
  let [tookMs, cpuMicros, bareMs] = [0, 0, 0]
  for (const records of batches()) {
    const before = process.cpuUsage()
    const startedMs = performance.now()
    decisions += (await task.process(records)).length
    tookMs += performance.now() - startedMs
    const { user, system } = process.cpuUsage(before)
    cpuMicros += user + system
    bareMs += bareLoop(records)
  }
  await task.close()
  await rm(folder, { recursive: true, force: true })
  return {
    eventsPerSecond: (events * 1000) / tookMs,
    cpuMicros: cpuMicros / events,
    bareRatio: bareMs / tookMs,
    decisions,
  }
}

const rounds: Round[] = []
for (let n = 0; n < Number(values.rounds); n++) rounds.push(await round())
const spreads = {
  'events/s': spreadOf(rounds.map(({ eventsPerSecond }) => eventsPerSecond)),
  'CPU µs/event': spreadOf(rounds.map(({ cpuMicros }) => cpuMicros)),
  'times the bare parse and write': spreadOf(rounds.map(({ bareRatio }) => 1 / bareRatio)),
}
console.table(spreads)
console.log(`${rounds[0]!.decisions} records written of ${events} card transactions; ${parsedBytes} bytes parsed`)
const most = values['most-times-bare']
const ratio = spreads['times the bare parse and write'].median
if (most !== undefined && ratio > Number(most)) {
  console.error(`the task takes ${ratio.toFixed(1)} times as long as the bare loop; ${most} times are allowed`)
  process.exitCode = 1
}
