/**
 * A back-test of a simulated history beside a bare pass over the same file that reads lines and parses them, turn by turn.
 * `node bench/replay/backtest.ts [--customers N] [--days N] [--rules DIR] [--engine rocksdb|level|memory] [--rounds N]
 * [--partitions N] [--threads N] [--input FILE] [--most-times-bare N]`; without `--rules` it is the ten-minute rule. 5,000
 * customers over 183 days are 1.8 million transactions; `--input` takes lines that are there instead.
 */
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { backtest } from '../../src/replay/backtest.ts'
import { toLine } from '../../src/replay/simulator/event.ts'
import { simulate } from '../../src/replay/simulator/simulate.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { spreadOf } from '../broker/numbers.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '500' },
    days: { type: 'string', default: '90' },
    rules: { type: 'string' },
    engine: { type: 'string', default: 'rocksdb' },
    partitions: { type: 'string', default: '4' },
    threads: { type: 'string' },
    input: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    'most-times-bare': { type: 'string' },
  },
})
const ruleSet = values.rules === undefined ? tenMinuteRule('all') : await loadRuleSet(values.rules)
const folder = await mkdtemp(join(tmpdir(), 'weir-replay-bench-'))
const input = values.input ?? join(folder, 'events.jsonl')

let lines = 0

async function writeInput(): Promise<void> {
  const file = await open(input, 'w')
  const stream = file.createWriteStream()
  for (const event of simulate({ customers: Number(values.customers), days: Number(values.days) })) {
    if (!stream.write(`${toLine(event)}\n`)) await new Promise<void>((resolve) => stream.once('drain', () => resolve()))
  }
  await new Promise<void>((resolve) => stream.end(() => resolve()))
}

async function barePass(): Promise<number> {
  let times = 0
  lines = 0
  for await (const line of createInterface({ input: createReadStream(input), crlfDelay: Number.POSITIVE_INFINITY })) {
    times += JSON.parse(line).time > 0 ? 1 : 0
    lines++
  }
  return times
}

interface Timed {
  readonly seconds: number
  readonly cpuMicros: number
}

async function timed(run: () => Promise<unknown>): Promise<Timed> {
  const before = process.cpuUsage()
  const startedMs = performance.now()
  await run()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - startedMs) / 1_000, cpuMicros: user + system }
}

try {
  if (values.input === undefined) await writeInput()
  const [bare, replayed]: [Timed[], Timed[]] = [[], []]
  let decisions = 0
  for (let round = 0; round < Number(values.rounds); round++) {
    bare.push(await timed(barePass))
    replayed.push(
      await timed(async () => {
        const summary = await backtest({
          ruleSet,
          input,
          output: join(folder, 'decisions.jsonl'),
          partitions: Number(values.partitions),
          ...(values.threads === undefined ? {} : { threads: Number(values.threads) }),
          engine: stateEngine(values.engine as 'rocksdb' | 'level' | 'memory'),
        })
        decisions = summary.decisions
      }),
    )
  }
  const rowOf = (runs: readonly Timed[]) => ({
    'lines/s': Math.round(lines / spreadOf(runs.map(({ seconds }) => seconds)).median),
    'CPU µs/line': Number((spreadOf(runs.map(({ cpuMicros }) => cpuMicros)).median / lines).toFixed(1)),
  })
  const ratio = spreadOf(replayed.map(({ seconds }, round) => seconds / bare[round]!.seconds))
  console.table({ 'read and parse': rowOf(bare), 'back-test': rowOf(replayed) })
  console.log(`${lines} lines, ${decisions} decisions; ${ratio.median.toFixed(1)} times the bare pass`)
  const most = values['most-times-bare']
  if (most !== undefined && ratio.median > Number(most)) {
    console.error(
      `the back-test takes ${ratio.median.toFixed(1)} times as long as the bare pass; ${most} times are allowed`,
    )
    process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
