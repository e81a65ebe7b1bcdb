import type { Clock } from '../../time/clock.ts'
import { type CompactionLimits, CompactionPass, defaultLimits } from './compaction-pass.ts'
import type { KeyRange, LogDatabase } from './database.ts'
import type { GroupCommit } from './group-commit.ts'
import type { Partition } from './partition.ts'
import { SpaceReclaimer, worthwhileBytes } from './space.ts'
import type { TopicListener } from './topics.ts'

export interface CompactorOptions {
  readonly db: LogDatabase
  readonly commits: GroupCommit
  readonly clock: Clock
  readonly limits?: Partial<CompactionLimits> | undefined
}

/**
 * Compacts partitions of compacted topics, one at a time, beside the log's work. A partition is due when more was
 * written since the last pass than that pass left: so each record written costs a bounded number of rewrites.
 */
export class Compactor implements TopicListener {
  readonly #options: CompactorOptions
  readonly #limits: CompactionLimits
  readonly #space: SpaceReclaimer
  readonly #due = new Set<Partition>()
  /** Bytes of replaced rows, by partition, since their space was last given back. */
  readonly #garbage = new Map<Partition, number>()
  #running: Promise<void> | undefined
  #stopped = false

  constructor(options: CompactorOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#space = new SpaceReclaimer(options.db)
  }

  grown(partition: Partition): void {
    if (this.#stopped || !this.#isDue(partition)) return
    this.#due.add(partition)
    this.#running ??= this.#run()
  }

  dropped(range: KeyRange): void {
    this.#space.reclaimDeleted(range)
  }

  /** Finishes the step in hand; what was compacted so far stays. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#space.stop()
    await this.#running
  }

  #isDue({ cleaning, lastStableOffset }: Partition): boolean {
    if (cleaning === undefined) return false
    return lastStableOffset - cleaning.cleanedTo >= Math.max(this.#limits.minRecords, cleaning.kept)
  }

  async #run(): Promise<void> {
    // Not within the write that made it due.
    await null
    for (const partition of this.#due) {
      this.#due.delete(partition)
      // A failure leaves the partition as it was; whatever ails the disk, the next write or read reports it.
      if (!this.#stopped && this.#isDue(partition)) await this.#compact(partition).catch(() => {})
    }
    this.#running = undefined
  }

  async #compact(partition: Partition): Promise<void> {
    const { db, commits, clock } = this.#options
    const pass = new CompactionPass({
      db,
      commits,
      partition,
      cleaning: partition.cleaning!,
      limits: this.#limits,
      nowMs: clock.nowMs(),
      stopped: () => this.#stopped,
    })
    const done = await pass.run()
    if (done === undefined) return
    const garbage = (this.#garbage.get(partition) ?? 0) + done.rewrittenBytes
    const reclaimed = garbage >= worthwhileBytes && this.#space.reclaimRewritten(done.ranges)
    this.#garbage.set(partition, reclaimed ? 0 : garbage)
  }
}
