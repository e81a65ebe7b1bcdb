import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IngressMapping } from '../record/ingress.ts'
import { decodeLine, LinePlacement, readLines } from '../record/json-lines.ts'
import type { LogRecord } from '../record/record.ts'
import { believed } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { ReplayPlaces } from '../rules/places.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StateEngine } from '../state/engine.ts'
import { FeatureRecords, featureOf } from './feature-records.ts'
import { PartitionedOutput } from './partitioned-output.ts'
import { ReplayedLog } from './replayed-log.ts'
import { SpooledLines } from './spooled-lines.ts'

export interface BacktestOptions {
  readonly ruleSet: RuleSet
  /** A file of JSON lines; `-` is standard input. */
  readonly input: string
  /** Gets one decision value a line, partition by partition; `-` is standard output. Default: decisions are only counted. */
  readonly output?: string
  readonly partitions: number
  /**
   * Where results of global features come from: `recorded`, the input; `recomputed`, its events; `auto` (default), the input
   * for those that it has results of, else its events.
   */
  readonly features?: 'auto' | 'recorded' | 'recomputed'
  /** How records without Weir's headers are read. Default `headers`. */
  readonly mapping?: IngressMapping
  /** Where state is kept while the back-test runs. */
  readonly engine: StateEngine
  /** Told about every ten thousand lines. */
  readonly onProgress?: (lines: number) => void
}

export interface BacktestSummary {
  readonly lines: number
  readonly decisions: number
  /** What the operators counted: `decisions.<outcome>`, `hits.<rule>`, `late`, `duplicates`, `dead-lettered.<reason>`. */
  readonly counts: ReadonlyMap<string, number>
  /** Global features by where their results came from. */
  readonly features: { readonly recorded: readonly string[]; readonly recomputed: readonly string[] }
}

const topic = 'main'
const linesAtATime = 1_000
const progressEvery = 10_000

/**
 * Decides a file of events by a rule set, with the engine of the live task and state of its own: the same log gives the
 * same bytes. Lines are believed without signatures. What lies in the file as a decision is passed over. Results of global
 * features that lie in it are used as they are; other global features are worked out, with the partitions merged by
 * (timestamp, partition, offset).
 * @throws ConfigError when the input cannot be read, or its coordinates cannot be those of one log
 */
export async function backtest(options: BacktestOptions): Promise<BacktestSummary> {
  const { ruleSet, input, partitions, onProgress } = options
  const found = new FeatureRecords(ruleSet)
  const placement = new LinePlacement({ topic, partitions })
  let lines = 0
  async function* placed(): AsyncGenerator<{ readonly text: string; readonly record: LogRecord }> {
    for await (const { text } of readLines(input)) {
      yield { text, record: placement.place(decodeLine(text)) }
      if (++lines % progressEvery === 0) onProgress?.(lines)
    }
  }
  async function* records(): AsyncGenerator<LogRecord> {
    for await (const { record } of placed()) yield record
  }
  if (found.all.length === 0) {
    const decided = await decideAll(options, [], records())
    return { lines, ...decided, features: { recorded: [], recomputed: [] } }
  }
  const spool = await SpooledLines.open({ topic, partitions })
  try {
    for await (const { text, record } of placed()) {
      found.look(record)
      await spool.add(record.partition, text)
    }
    await spool.finish()
    const recorded = recordedOf(found, options.features)
    const recomputed = found.all.filter((name) => !recorded.includes(name))
    return { lines, ...(await decideAll(options, recomputed, spool.merged())), features: { recorded, recomputed } }
  } finally {
    await spool.close()
  }
}

function recordedOf({ all, recorded }: FeatureRecords, use: BacktestOptions['features']): readonly string[] {
  if (use === 'recomputed') return []
  return use === 'recorded' ? all : recorded
}

/** Decides records, each partition's in offset order; these global features are worked out. */
async function decideAll(
  options: BacktestOptions,
  features: readonly string[],
  records: AsyncIterable<LogRecord>,
): Promise<Pick<BacktestSummary, 'decisions' | 'counts'>> {
  const { ruleSet, output, partitions, mapping = 'headers', engine } = options
  const places = new ReplayPlaces(features)
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic: topic,
    partitions,
    mapping,
    maxValueBytes: Number.POSITIVE_INFINITY,
    authenticity: believed,
    stamp: () => ({}),
    places,
  })
  const counts = new Map<string, number>()
  const count = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by)
  const contributing = new Set(features.map((name) => ruleSet.features.get(name)!.event))
  const folder = await mkdtemp(join(tmpdir(), 'weir-backtest-'))
  const log = new ReplayedLog({ topology, places, contributing, engine, folder, count })
  const writer = output === undefined ? undefined : await PartitionedOutput.open(output, partitions)
  const lanes = Array.from({ length: partitions }, (_, partition) => new Lane(log, partition, writer))
  try {
    for await (const record of records) {
      const feature = featureOf(record)
      if (feature === undefined || !features.includes(feature)) await lanes[record.partition]!.take(record)
    }
    for (const lane of lanes) await lane.flush()
    await writer?.finish()
    return { decisions: lanes.reduce((sum, lane) => sum + lane.decisions, 0), counts }
  } finally {
    await Promise.allSettled([log.close(), writer?.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

/** One partition of the file, decided in batches. */
class Lane {
  readonly #log: ReplayedLog
  readonly #partition: number
  readonly #writer: PartitionedOutput | undefined
  #records: LogRecord[] = []
  decisions = 0

  constructor(log: ReplayedLog, partition: number, writer: PartitionedOutput | undefined) {
    this.#log = log
    this.#partition = partition
    this.#writer = writer
  }

  async take(record: LogRecord): Promise<void> {
    this.#records.push(record)
    // What contributes must do so before later records of other partitions.
    if (this.#records.length >= linesAtATime || this.#log.contributes(record)) await this.flush()
  }

  async flush(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const written = await this.#log.process(this.#partition, records)
    const values = written.filter((record) => record.topic === topic).map((record) => record.value!.toString())
    this.decisions += values.length
    if (values.length > 0) await this.#writer?.write(this.#partition, `${values.join('\n')}\n`)
  }
}
