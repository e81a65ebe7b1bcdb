import { passFailPoint } from '../fail-points.ts'
import type { OutgoingRecord, TopicPartition } from '../record/record.ts'
import { type ChangelogEntry, Drained } from '../state/journal.ts'
import type { TaskState } from '../state/task-state.ts'
import type { WriteBehind } from '../state/write-behind.ts'
import type { Clock } from '../time/clock.ts'
import type { StreamTime } from './batch-processor.ts'
import { changelogRecords, systemStore } from './changelog.ts'
import type { ChangelogTrimmer } from './changelog-trimmer.ts'
import type { Committer } from './committer.ts'
import { HiddenInput } from './hidden-input.ts'
import type { InputTrimmer } from './input-trimmer.ts'
import { layoutBytes, layoutKey } from './layout.ts'
import { definitionKey } from './open-state.ts'
import { OwnOutput } from './own-output.ts'
import { encodePosition, type Position, positionKey, positionMetadata } from './position.ts'

/** What a commit took; for metrics. */
export interface CommitFacts {
  readonly records: number
  readonly tookMs: number
  /** The log's timestamp of the oldest event in it; `undefined` when it carries only a position. */
  readonly oldestEventMs: number | undefined
}

export interface CommitPipelineOptions {
  readonly applicationId: string
  /** The number of the task's sub-topology. */
  readonly subTopology: number
  readonly source: TopicPartition
  readonly definition: string
  /** Of the task's stores. */
  readonly layout: number
  /** No commit has said yet by which definition the state is computed. */
  readonly isNew: boolean
  /** What the log and the database agree on. */
  readonly committed: number
  readonly committer: Committer
  readonly trimmer: ChangelogTrimmer
  readonly streamTime: Pick<StreamTime, 'latestMs'>
  /** For a source that is the application's own topic. */
  readonly inputTrimmer?: InputTrimmer | undefined
  readonly state: TaskState
  readonly writeBehind: WriteBehind
  readonly clock: Clock
  readonly onCommitted: (commit: CommitFacts) => void
}

/** What a batch wrote besides its stores, and what a commit of it says. */
export interface ProcessedBatch {
  readonly outgoing: readonly OutgoingRecord[]
  /** Behind the batch. */
  readonly position: Position
  readonly oldestEventMs: number
  /** How many of its records the source did not drop. Default 0. */
  readonly taken?: number
}

/**
 * Takes batches from the task's buffer to the log, and only from there, later, to the database. One commit is on its way at a time;
 * the task may process further batches meanwhile, which then go together. After a failure every later call fails with it: nothing is
 * committed twice or out of order.
 */
export class CommitPipeline {
  readonly #options: CommitPipelineOptions
  readonly #hidden: HiddenInput
  /** What the commits wrote to the source, as far as it drops it. */
  readonly ownOutput: OwnOutput
  #onTheWay: Promise<void> = Promise.resolve()
  #isBusy = false
  /** No batch is half processed: a commit may begin by itself. */
  #isBetween = false
  /** What the next commit carries; what the stores changed is still in their buffer. */
  #held: Required<ProcessedBatch> | undefined
  #submitted: number
  #isNew: boolean
  /** The last position that was committed by this task. */
  #reached: Position | undefined
  /** Records of the system store that the next commit carries. */
  #system: ChangelogEntry[] = []

  constructor(options: CommitPipelineOptions) {
    this.#options = options
    const { source, clock } = options
    this.#hidden = new HiddenInput({ source, clock, onOver: () => this.#beginWhenFree() })
    this.ownOutput = new OwnOutput(source)
    this.#submitted = options.committed
    this.#isNew = options.isNew
  }

  /** How many records wait for the next commit, those not counted that the source dropped. */
  get waiting(): number {
    return this.#held?.taken ?? 0
  }

  /**
   * Takes a batch: its commit begins now, unless one is on its way or has hidden input that may come now. Then it goes with all that is
   * added until then, as soon as another is added or `beside` waits. @throws what the last commit threw
   */
  async add(batch: ProcessedBatch): Promise<void> {
    this.hold(batch)
    if (this.#isFree) await this.begin()
  }

  /** Takes a batch that goes with what is added next. */
  hold(batch: ProcessedBatch): void {
    this.#held = together(this.#held, batch)
    this.passed(batch.position.offset)
  }

  /** The task has read up to this offset, whether or not that brought something. */
  passed(offset: number): void {
    this.#hidden.reached(offset)
  }

  /** Takes a batch and waits until its commit has begun. @throws what the last commit threw */
  async submit(batch: ProcessedBatch): Promise<void> {
    this.#held = together(this.#held, batch)
    await this.begin()
  }

  /**
   * Waits for the commit on its way, then begins the next with all that was written since, and resolves. Nothing is begun
   * when there is nothing to write: our own records and markers would otherwise feed a loop; the position rides with the
   * next commit.
   * @throws what the last commit threw
   */
  async begin(): Promise<void> {
    await this.#arrival()
    this.#beginHeld()
  }

  /** Waits for the next input; meanwhile the next commit begins as soon as it may. */
  async beside<T>(input: Promise<T>): Promise<T> {
    this.#isBetween = true
    this.#beginWhenFree()
    try {
      return await input
    } finally {
      this.#isBetween = false
    }
  }

  /** Resolves when all that was added is committed. @throws what a commit threw */
  async settle(): Promise<void> {
    await this.begin()
    await this.#arrival()
  }

  /** Commits a position that nothing has carried yet, and uses the time for what the database lacks. */
  async rest(position: Position): Promise<void> {
    await this.submitPosition(position)
    await this.#options.writeBehind.rest()
  }

  /** Commits a position that nothing has carried yet. */
  async submitPosition(position: Position): Promise<void> {
    await this.settle()
    if (position.offset > this.#submitted)
      this.#begin({ outgoing: [], drained: nothingDrained, position, oldestEventMs: undefined })
    await this.#arrival()
  }

  async #arrival(): Promise<void> {
    do await this.#onTheWay
    while (this.#isBusy)
  }

  get #isFree(): boolean {
    return !this.#isBusy && !this.#hidden.isDue
  }

  #beginWhenFree(): void {
    if (this.#isBetween && this.#isFree) this.#beginHeld()
  }

  #beginHeld(): void {
    if (this.#held === undefined) return
    const { outgoing, position, oldestEventMs } = this.#held
    this.#held = undefined
    const drained = this.#options.state.drain()
    if (outgoing.length > 0 || !drained.isEmpty) this.#begin({ outgoing, drained, position, oldestEventMs })
  }

  #begin(commit: Commit): void {
    this.#submitted = commit.position.offset
    this.#isBusy = true
    this.#hidden.end()
    this.#onTheWay = this.#commit(commit)
    // Whoever waits next hears of a failure; until then it is nobody's unhandled rejection.
    this.#onTheWay.then(
      () => {
        this.#isBusy = false
        this.#beginWhenFree()
      },
      () => {
        this.#isBusy = false
        this.#held = undefined
        this.#hidden.end()
      },
    )
  }

  async #commit({ outgoing, drained, position, oldestEventMs }: Commit): Promise<void> {
    const { changelog } = drained
    const { applicationId, subTopology, source, streamTime, committer, trimmer, writeBehind, clock, onCommitted } =
      this.#options
    const writes = outgoing.length + changelog.length > 0
    const system = this.#systemEntries(position)
    // Without a transaction the log may take this before the output: then it only says what is behind us for sure.
    const logged = committer.isAtomic ? system : this.#systemEntries(this.#reached)
    const entries = writes ? [...changelog, ...logged] : []
    const recordOf = changelogRecords({ applicationId, subTopology, partition: source.partition })
    const records = [...outgoing, ...entries.map(recordOf)]
    const metadata = positionMetadata(position)
    const startedMs = clock.nowMs()
    const written = await committer.commit(records, [{ ...source, offset: position.offset, metadata }])
    onCommitted({ records: records.length, tookMs: clock.nowMs() - startedMs, oldestEventMs })
    if (committer.isAtomic) this.#hidden.written(outgoing, written)
    this.ownOutput.written(outgoing, written)
    const ends = changelogEnds(entries, written.slice(outgoing.length))
    passFailPoint('before-apply')
    await writeBehind.add({
      drained,
      streamTimeMs: position.streamTimeMs,
      system: system.map(({ store, key, value }) => ({ column: store, key, value })),
      changelogEnds: ends,
    })
    this.#reached = position
    await this.#options.inputTrimmer?.committed(position.offset)
    if (!writes) return
    this.#isNew = false
    const { latestMs } = streamTime
    this.#system = await trimmer.committed(ends, { streamTimeMs: position.streamTimeMs, latestMs })
  }

  #systemEntries(position: Position | undefined): ChangelogEntry[] {
    const entries = [...this.#system]
    if (position !== undefined) entries.push({ store: systemStore, key: positionKey, value: encodePosition(position) })
    if (!this.#isNew) return entries
    const { definition, layout } = this.#options
    entries.push({ store: systemStore, key: definitionKey, value: Buffer.from(definition) })
    const value = layoutBytes(layout)
    if (value !== undefined) entries.push({ store: systemStore, key: layoutKey, value })
    return entries
  }
}

const nothingDrained = new Drained([])

interface Commit {
  readonly outgoing: readonly OutgoingRecord[]
  readonly drained: Drained
  readonly position: Position
  readonly oldestEventMs: number | undefined
}

function together(held: Required<ProcessedBatch> | undefined, batch: ProcessedBatch): Required<ProcessedBatch> {
  const { outgoing, position, oldestEventMs, taken = 0 } = batch
  if (held === undefined) return { outgoing, position, oldestEventMs, taken }
  return { ...held, outgoing: [...held.outgoing, ...outgoing], position, taken: held.taken + taken }
}

/** The position behind the last record that went to each store's changelog. */
function changelogEnds(entries: readonly ChangelogEntry[], offsets: readonly number[]): ReadonlyMap<string, number> {
  return new Map(entries.map(({ store }, index) => [store, offsets[index]! + 1]))
}
