import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { IngressMapping } from '../record/ingress.ts'
import { decodeLine, LinePlacement, readLines } from '../record/json-lines.ts'
import type { LogRecord } from '../record/record.ts'
import { believed } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { ReplayPlaces } from '../rules/places.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StateEngine } from '../state/engine.ts'
import { type DeployedPart, DeployedParts } from './deployed-parts.ts'
import { FeatureRecords, featureOf } from './feature-records.ts'
import { PartitionedOutput } from './partitioned-output.ts'
import { ReplayedLog } from './replayed-log.ts'
import { SpooledLines } from './spooled-lines.ts'

export interface BacktestOptions {
  /** Decides everything, whatever the input deploys. Default: what the input deploys, each part from where it is activated. */
  readonly ruleSet?: RuleSet
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
 * @throws ConfigError when the input cannot be read, or its coordinates cannot be those of one log; `rules-missing` without a
 *   rule set, given or deployed in the input
 */
export async function backtest(options: BacktestOptions): Promise<BacktestSummary> {
  const { ruleSet, input, partitions, onProgress } = options
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
  if (ruleSet === undefined) return { ...(await decideDeployed(options, placed())), lines }
  const found = new FeatureRecords(ruleSet)
  if (found.all.length === 0) {
    const decided = await decideAll({ ...options, ruleSet }, { features: [], records: records() })
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
    return {
      lines,
      ...(await decideAll({ ...options, ruleSet }, { features: recomputed, records: spool.merged() })),
      features: { recorded, recomputed },
    }
  } finally {
    await spool.close()
  }
}

function recordedOf({ all, recorded }: FeatureRecords, use: BacktestOptions['features']): readonly string[] {
  if (use === 'recomputed') return []
  return use === 'recorded' ? all : recorded
}

interface Decided extends Pick<BacktestSummary, 'decisions' | 'counts'> {}

/**
 * Decides each part of the input by the rule set that it has activated there, as the live task does: with the state of one
 * that has been there from the start. So the input is read once for each rule set.
 */
async function decideDeployed(
  options: BacktestOptions,
  placed: AsyncIterable<{ readonly text: string; readonly record: LogRecord }>,
): Promise<Omit<BacktestSummary, 'lines'>> {
  const { output, partitions } = options
  const deployed = new DeployedParts({ topic, partitions })
  const spool = await SpooledLines.open({ topic, partitions })
  const writer = output === undefined ? undefined : await PartitionedOutput.open(output, partitions)
  try {
    for await (const { text, record } of placed) {
      await deployed.look(record)
      await spool.add(record.partition, text)
    }
    await spool.finish()
    const parts = deployed.found()
    if (parts.length === 0) {
      throw new ConfigError(
        'rules-missing',
        'the input deploys no rule set; name the one to decide by with --rules DIR',
      )
    }
    const counts = new Map<string, number>()
    let decisions = 0
    for (const part of parts) {
      const { ruleSet } = part
      const decided = await decideAll({ ...options, ruleSet }, { features: [], records: spool.merged(), part, writer })
      decisions += decided.decisions
      for (const [name, count] of decided.counts) counts.set(name, (counts.get(name) ?? 0) + count)
    }
    await writer?.finish()
    return { decisions, counts, features: { recorded: [], recomputed: [] } }
  } finally {
    await Promise.allSettled([deployed.close(), spool.close(), writer?.close()])
  }
}

interface Input {
  /** Global features that are worked out. */
  readonly features: readonly string[]
  /** Each partition's in offset order. */
  readonly records: AsyncIterable<LogRecord>
  /** The only part whose decisions count. Default: all. */
  readonly part?: DeployedPart
  /** For what follows from several calls. Default: the options' output. */
  readonly writer?: PartitionedOutput | undefined
}

async function decideAll(
  options: BacktestOptions & { readonly ruleSet: RuleSet },
  { features, records, part, ...input }: Input,
): Promise<Decided> {
  const { ruleSet, output, partitions, mapping = 'headers', engine } = options
  const places = new ReplayPlaces(features)
  /** Of the lane in hand; they take turns. */
  let turn: Lane | undefined
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: () => turn?.ruleSetOffset ?? -1,
    mainTopic: topic,
    partitions,
    mapping,
    maxValueBytes: Number.POSITIVE_INFINITY,
    authenticity: believed,
    stamp: () => ({}),
    places,
  })
  const counts = new Map<string, number>()
  const count = (name: string, by = 1): void => {
    if (turn?.isCounting !== false) counts.set(name, (counts.get(name) ?? 0) + by)
  }
  const contributing = new Set(features.map((name) => ruleSet.features.get(name)!.event))
  const folder = await mkdtemp(join(tmpdir(), 'weir-backtest-'))
  const log = new ReplayedLog({ topology, places, contributing, engine, folder, count })
  const isOwn = input.writer === undefined && output !== undefined
  const writer = isOwn ? await PartitionedOutput.open(output, partitions) : input.writer
  const onTurn = (lane: Lane): void => {
    turn = lane
  }
  const lanes = Array.from({ length: partitions }, (_, partition) => {
    const decides = part === undefined ? everything : part.decides.get(partition)
    return new Lane({ log, partition, writer, decides, onTurn })
  })
  try {
    for await (const record of records) {
      if (!isOneOf(features, record)) await lanes[record.partition]!.take(record)
    }
    for (const lane of lanes) await lane.flush()
    if (isOwn) await writer?.finish()
    return { decisions: lanes.reduce((sum, lane) => sum + lane.decisions, 0), counts }
  } finally {
    await Promise.allSettled([log.close(), isOwn ? writer?.close() : undefined])
    await rm(folder, { recursive: true, force: true })
  }
}

/** Offsets whose decisions count, both bounds exclusive. */
interface Decides {
  readonly after: number
  readonly before?: number
}

const everything: Decides = { after: -1 }

interface LaneOptions {
  readonly log: ReplayedLog
  readonly partition: number
  readonly writer: PartitionedOutput | undefined
  /** `undefined`: nothing counts. */
  readonly decides: Decides | undefined
  /** Called before records are processed. */
  readonly onTurn: (lane: Lane) => void
}

/** True for a result of one of the features. */
function isOneOf(features: readonly string[], record: LogRecord): boolean {
  const feature = features.length === 0 ? undefined : featureOf(record)
  return feature !== undefined && features.includes(feature)
}

/** One partition of the file, decided in batches. */
class Lane {
  readonly #options: LaneOptions
  #records: LogRecord[] = []
  decisions = 0
  /** The records in hand lie where decisions count. */
  isCounting = true

  constructor(options: LaneOptions) {
    this.#options = options
  }

  get ruleSetOffset(): number {
    return this.#options.decides?.after ?? -1
  }

  async take(record: LogRecord): Promise<void> {
    const { log, decides } = this.#options
    const { after, before = Number.POSITIVE_INFINITY } = decides ?? { after: Number.POSITIVE_INFINITY }
    // Nothing later counts.
    if (decides === undefined || record.offset >= before) return
    const first = this.#records[0]
    if (first !== undefined && first.offset <= after && record.offset > after) await this.flush()
    this.#records.push(record)
    // What contributes must do so before later records of other partitions.
    if (this.#records.length >= linesAtATime || log.contributes(record)) await this.flush()
  }

  async flush(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const { log, partition, writer, onTurn } = this.#options
    this.isCounting = records[0]!.offset > this.ruleSetOffset
    onTurn(this)
    const written = await log.process(partition, records)
    if (!this.isCounting) return
    const values = written.filter((record) => record.topic === topic).map((record) => record.value!.toString())
    this.decisions += values.length
    if (values.length > 0) await writer?.write(partition, `${values.join('\n')}\n`)
  }
}
