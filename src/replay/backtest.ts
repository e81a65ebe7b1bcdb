import { rm, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { ConfigError } from '../errors.ts'
import type { IngressMapping } from '../record/ingress.ts'
import { decodeLine, LinePlacement, readLineBlocks } from '../record/json-lines.ts'
import type { LogRecord } from '../record/record.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StateEngine } from '../state/engine.ts'
import { makeBacktestFolder } from './backtest-folder.ts'
import { type Decided, type DeciderOptions, decideAll, together, topic } from './decider.ts'
import { DeployedParts } from './deployed-parts.ts'
import { FeatureRecords } from './feature-records.ts'
import { OutputParts, PartitionedOutput } from './partitioned-output.ts'
import { decideShare, type ReadSoFar } from './share.ts'
import { decideInThreads } from './share-threads.ts'
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
   * Threads that share the partitions, where these do not depend on each other and the input is a file that each of them can
   * read. Makes no difference to what is decided. Default: the machine's cores for a large input, else one.
   */
  readonly threads?: number
  /**
   * Where results of global features come from: `recorded`, the input; `recomputed`, its events; `auto` (default), the input
   * for those that it has results of, else its events.
   */
  readonly features?: 'auto' | 'recorded' | 'recomputed'
  /** How records without Weir's headers are read. Default `headers`. */
  readonly mapping?: IngressMapping
  /** Where state is kept while the back-test runs. Threads open engines of their own of its name. */
  readonly engine: StateEngine
  /** Told as the input is read. */
  readonly onProgress?: (progress: BacktestProgress) => void
}

export interface BacktestProgress {
  readonly lines: number
  /** Of the input, from 0 to 1; `undefined` where nobody knows how long it is. */
  readonly share: number | undefined
}

export interface BacktestSummary {
  readonly lines: number
  readonly decisions: number
  /**
   * What the operators counted: `decisions.<outcome>`, `hits.<rule>`, `late`, `duplicates`, `dead-lettered.<reason>`; in the
   * order of these names.
   */
  readonly counts: ReadonlyMap<string, number>
  /** Global features by where their results came from. */
  readonly features: { readonly recorded: readonly string[]; readonly recomputed: readonly string[] }
}

/** Starting a thread takes a few tenths of a second: smaller inputs are decided meanwhile. */
const largeBytes = 16 << 20

/**
 * Decides a file of events by a rule set, with the engine of the live task and state of its own: the same log gives the
 * same bytes. Lines are believed without signatures. What lies in the file as a decision is passed over. Results of global
 * features that lie in it are used as they are; other global features are worked out, with the partitions merged by
 * (timestamp, partition, offset).
 * @throws ConfigError when the input cannot be read, or its coordinates cannot be those of one log; `rules-missing` without a
 *   rule set, given or deployed in the input
 */
export async function backtest(options: BacktestOptions): Promise<BacktestSummary> {
  const { output: path, partitions } = options
  const inputBytes = await fileBytes(options.input)
  const folder = await makeBacktestFolder()
  try {
    const output = path === undefined ? undefined : await PartitionedOutput.open(path, partitions, folder)
    const mapping = options.mapping ?? 'headers'
    const run = { ...options, inputBytes, mapping, folder, outputFolder: output?.folder }
    const summary = await (options.ruleSet === undefined ? decideDeployed(run) : decideBy(options.ruleSet, run))
    await output?.finish()
    const counts = new Map([...summary.counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { ...summary, counts }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Run extends Omit<BacktestOptions, 'output'> {
  /** `undefined` for what is no file. */
  readonly inputBytes: number | undefined
  readonly mapping: IngressMapping
  /** For all that the back-test keeps. */
  readonly folder: string
  readonly outputFolder: string | undefined
}

async function fileBytes(input: string): Promise<number | undefined> {
  const found = input === '-' ? undefined : await stat(input).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

async function decideBy(ruleSet: RuleSet, run: Run): Promise<BacktestSummary> {
  const found = new FeatureRecords(ruleSet)
  const none = { recorded: [], recomputed: [] }
  if (found.all.length === 0) return { ...(await decideApart(ruleSet, run)), features: none }
  const spool = await SpooledLines.open({ topic, partitions: run.partitions }, run.folder)
  try {
    let lines = 0
    for await (const { text, record } of placed(run)) {
      found.look(record)
      lines++
      await spool.add(record.partition, text)
    }
    await spool.finish()
    const recorded = recordedOf(found, run.features)
    const features = { recorded, recomputed: found.all.filter((name) => !recorded.includes(name)) }
    const decided = await decideTogether({ ...run, ruleSet, recomputed: features.recomputed }, spool)
    return { ...decided, lines, features }
  } finally {
    await spool.close()
  }
}

function recordedOf({ all, recorded }: FeatureRecords, use: BacktestOptions['features']): readonly string[] {
  if (use === 'recomputed') return []
  return use === 'recorded' ? all : recorded
}

/** Decides partitions that do not depend on each other, in as many threads as are worth it. */
async function decideApart(ruleSet: RuleSet, run: Run): Promise<Decided & { readonly lines: number }> {
  const { partitions, inputBytes } = run
  const { threads = (inputBytes ?? 0) < largeBytes ? 1 : availableParallelism() } = run
  const shares = inputBytes === undefined ? 1 : Math.min(threads, partitions)
  const options = { ...run, ruleSet, shares, onProgress: progressOf(run) }
  return shares === 1 ? decideShare({ ...options, share: 0 }) : decideInThreads(options)
}

/** Decides all partitions in one order, that of their timestamps. */
async function decideTogether(options: Run & Omit<DeciderOptions, 'output'>, spool: SpooledLines): Promise<Decided> {
  const output = options.outputFolder === undefined ? undefined : new OutputParts(options.outputFolder)
  try {
    const decided = await decideAll({ ...options, output }, async (decider) => {
      for await (const record of spool.merged()) {
        const work = decider.take(record)
        if (work !== undefined) await work
      }
    })
    await output?.finish()
    return decided
  } finally {
    await output?.close()
  }
}

/**
 * Decides each part of the input by the rule set that it has activated there, as the live task does: with the state of one
 * that has been there from the start. So the input is read once for each rule set.
 */
async function decideDeployed(run: Run): Promise<BacktestSummary> {
  const { partitions } = run
  const deployed = new DeployedParts({ topic, partitions })
  const spool = await SpooledLines.open({ topic, partitions }, run.folder)
  try {
    let lines = 0
    for await (const { text, record } of placed(run)) {
      await deployed.look(record)
      lines++
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
    const decided: Decided[] = []
    for (const part of parts) decided.push(await decideTogether({ ...run, ruleSet: part.ruleSet, part }, spool))
    return { ...together(decided), lines, features: { recorded: [], recomputed: [] } }
  } finally {
    await Promise.allSettled([deployed.close(), spool.close()])
  }
}

/** The lines of the input with the records that they stand for. */
async function* placed(run: Run): AsyncGenerator<{ readonly text: string; readonly record: LogRecord }> {
  const placement = new LinePlacement({ topic, partitions: run.partitions })
  const tell = progressOf(run)
  let read = 0
  for await (const { lines, bytes } of readLineBlocks(run.input)) {
    for (const text of lines) yield { text, record: placement.place(decodeLine(text)) }
    read += lines.length
    tell({ lines: read, bytes })
  }
}

const progressOf =
  ({ inputBytes, onProgress }: Run) =>
  ({ lines, bytes }: ReadSoFar): void =>
    onProgress?.({ lines, share: inputBytes === undefined ? undefined : Math.min(1, bytes / Math.max(1, inputBytes)) })
