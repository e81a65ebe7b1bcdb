import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IngressMapping } from '../record/ingress.ts'
import { decodeLine, LinePlacement, readLines } from '../record/json-lines.ts'
import type { LogRecord } from '../record/record.ts'
import { unsigned } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StateEngine } from '../state/engine.ts'
import { ReplayTask } from '../task/replay-task.ts'
import type { SubTopology } from '../topology/topology.ts'
import { PartitionedOutput } from './partitioned-output.ts'

export interface BacktestOptions {
  readonly ruleSet: RuleSet
  /** A file of JSON lines; `-` is standard input. */
  readonly input: string
  /** Gets one decision value a line, partition by partition; `-` is standard output. Default: decisions are only counted. */
  readonly output?: string
  readonly partitions: number
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
}

const topic = 'main'
const linesAtATime = 1_000
const progressEvery = 10_000

/**
 * Decides a file of events by a rule set, with the engine of the live task and state of its own: the same log gives the
 * same bytes. Lines are believed without signatures. What lies in the file as a decision is passed over.
 * @throws ConfigError when the input cannot be read, or its coordinates cannot be those of one log
 */
export async function backtest(options: BacktestOptions): Promise<BacktestSummary> {
  const { ruleSet, input, output, partitions, mapping = 'headers', engine, onProgress } = options
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic: topic,
    partitions,
    mapping,
    maxValueBytes: Number.POSITIVE_INFINITY,
    authenticity: unsigned('backtest'),
    stamp: () => ({}),
  })
  const counts = new Map<string, number>()
  const folder = await mkdtemp(join(tmpdir(), 'weir-backtest-'))
  const writer = output === undefined ? undefined : await PartitionedOutput.open(output, partitions)
  const lanes = Array.from(
    { length: partitions },
    (_, partition) => new Lane({ topology: topology.subTopologies[0]!, partition, engine, folder, counts, writer }),
  )
  try {
    const placement = new LinePlacement({ topic, partitions })
    let lines = 0
    for await (const { text } of readLines(input)) {
      const record = placement.place(decodeLine(text))
      await lanes[record.partition]!.take(record)
      if (++lines % progressEvery === 0) onProgress?.(lines)
    }
    for (const lane of lanes) await lane.flush()
    await writer?.finish()
    return { lines, decisions: lanes.reduce((sum, lane) => sum + lane.decisions, 0), counts }
  } finally {
    await Promise.allSettled([...lanes.map((lane) => lane.close()), writer?.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

interface LaneOptions {
  readonly topology: SubTopology
  readonly partition: number
  readonly engine: StateEngine
  readonly folder: string
  readonly counts: Map<string, number>
  readonly writer: PartitionedOutput | undefined
}

/** One partition of the file, decided in batches. */
class Lane {
  readonly #options: LaneOptions
  #task: ReplayTask | undefined
  #records: LogRecord[] = []
  decisions = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  async take(record: LogRecord): Promise<void> {
    this.#records.push(record)
    if (this.#records.length >= linesAtATime) await this.flush()
  }

  async flush(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const { writer, partition } = this.#options
    this.#task ??= await this.#open()
    const written = await this.#task.process(records)
    const values = written.filter((record) => record.topic === topic).map((record) => record.value!.toString())
    this.decisions += values.length
    if (values.length > 0) await writer?.write(partition, `${values.join('\n')}\n`)
  }

  async close(): Promise<void> {
    await this.#task?.close()
  }

  #open(): Promise<ReplayTask> {
    const { topology, partition, engine, folder, counts } = this.#options
    const count = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by)
    return ReplayTask.open({ topology, partition, engine, folder: join(folder, String(partition)), count })
  }
}
