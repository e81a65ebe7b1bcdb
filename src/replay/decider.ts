import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { IngressMapping } from '../record/ingress.ts'
import type { LogRecord } from '../record/record.ts'
import { believed } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { ReplayPlaces } from '../rules/places.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { StateEngine } from '../state/engine.ts'
import type { DeployedPart } from './deployed-parts.ts'
import { featureOf } from './feature-records.ts'
import { everything, Lane } from './lane.ts'
import type { OutputParts } from './partitioned-output.ts'
import { ReplayedLog } from './replayed-log.ts'

/** The topic that lines are laid out as. */
export const topic = 'main'

export interface DeciderOptions {
  readonly ruleSet: RuleSet
  readonly partitions: number
  readonly mapping: IngressMapping
  /** Where state is kept meanwhile. */
  readonly engine: StateEngine
  /** The back-test's: state has a folder of its own in it. */
  readonly folder: string
  /** Global features that are worked out. Default none. */
  readonly recomputed?: readonly string[]
  /** The only part whose decisions count. Default: all. */
  readonly part?: DeployedPart
  /** Gets the decisions' values. Default: they are only counted. */
  readonly output: OutputParts | undefined
}

/** What was decided. */
export interface Decided {
  readonly decisions: number
  readonly counts: ReadonlyMap<string, number>
}

/** Decides the records of some partitions by a rule set, as the live tasks would, with state of its own. */
export class Decider {
  readonly #features: readonly string[]
  readonly #log: ReplayedLog
  readonly #folder: string
  readonly #counts = new Map<string, number>()
  readonly #laneOf: (partition: number) => Lane
  readonly #lanes = new Map<number, Lane>()
  /** Of the lane in hand; they take turns. */
  #turn: Lane | undefined

  private constructor(folder: string, options: DeciderOptions) {
    const { ruleSet, partitions, mapping, engine, recomputed: features = [], part, output } = options
    const places = new ReplayPlaces(features)
    const topology = compileRuleSet({
      ruleSet,
      ruleSetOffset: () => this.#turn?.ruleSetOffset ?? -1,
      mainTopic: topic,
      partitions,
      mapping,
      maxValueBytes: Number.POSITIVE_INFINITY,
      authenticity: believed,
      stamp: () => ({}),
      places,
    })
    this.#features = features
    this.#folder = folder
    this.#log = new ReplayedLog({
      topology,
      places,
      contributing: new Set(features.map((name) => ruleSet.features.get(name)!.event)),
      engine,
      folder,
      count: (name, by = 1) => {
        if (this.#turn?.isCounting !== false) this.#counts.set(name, (this.#counts.get(name) ?? 0) + by)
      },
    })
    const onTurn = (lane: Lane): void => {
      this.#turn = lane
    }
    this.#laneOf = (partition) => {
      const decides = part === undefined ? everything : part.decides.get(partition)
      return new Lane({ log: this.#log, topic, partition, output, decides, onTurn })
    }
  }

  static async open(options: DeciderOptions): Promise<Decider> {
    return new Decider(await mkdtemp(join(options.folder, 'state-')), options)
  }

  /**
   * Takes the next record, each partition's in offset order; gives what is to be waited for before the next one, if
   * anything is.
   */
  take(record: LogRecord): Promise<void> | undefined {
    if (this.#features.length > 0 && this.#features.includes(featureOf(record) ?? '')) return undefined
    let lane = this.#lanes.get(record.partition)
    if (lane === undefined) {
      lane = this.#laneOf(record.partition)
      this.#lanes.set(record.partition, lane)
    }
    return lane.take(record)
  }

  /** Decides what waits. */
  async finish(): Promise<Decided> {
    const lanes = [...this.#lanes].sort(([a], [b]) => a - b).map(([, lane]) => lane)
    for (const lane of lanes) await lane.flush()
    return { decisions: lanes.reduce((sum, lane) => sum + lane.decisions, 0), counts: this.#counts }
  }

  async close(): Promise<void> {
    await this.#log.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Opens a decider for what `feed` gives it. */
export async function decideAll(options: DeciderOptions, feed: (decider: Decider) => Promise<void>): Promise<Decided> {
  const decider = await Decider.open(options)
  try {
    await feed(decider)
    return await decider.finish()
  } finally {
    await decider.close()
  }
}

/** The sums of what several have decided. */
export function together(all: readonly Decided[]): Decided {
  const counts = new Map<string, number>()
  for (const each of all) {
    for (const [name, count] of each.counts) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return { decisions: all.reduce((sum, { decisions }) => sum + decisions, 0), counts }
}
