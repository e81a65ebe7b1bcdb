import { passFailPoint } from '../fail-points.ts'
import type { CommittedOffset, Log, Producer, TransactionalProducer } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'

/** `exactly-once`: output, state and input position in one transaction. `at-least-once`: the same order without one. */
export type ProcessingGuarantee = 'exactly-once' | 'at-least-once'

/** Writes what a batch brought, with the input position that stands for it. */
export interface Committer {
  /** Whether a commit's records and offsets become visible together or not at all. */
  readonly isAtomic: boolean
  /**
   * Resolves when the log has everything for good, with each record's offset. After any throw nobody knows how far it
   * came: close the task dirty.
   * @throws TaskMigratedError when another owner has taken the task; ProductionError; LogError
   */
  commit(records: readonly OutgoingRecord[], offsets: readonly CommittedOffset[]): Promise<readonly number[]>
  close(): Promise<void>
}

export interface CommitterOptions {
  readonly log: Log
  readonly groupId: string
  readonly taskId: string
  readonly guarantee: ProcessingGuarantee
  readonly transactionTimeoutMs: number
}

/** Opens a task's way to write. Under exactly-once this fences the task's earlier owner and ends its open transaction. */
export async function openCommitter(options: CommitterOptions): Promise<Committer> {
  const { log, groupId, taskId, guarantee, transactionTimeoutMs } = options
  if (guarantee === 'at-least-once') return new AtLeastOnceCommitter(log, await log.openProducer(), groupId)
  const transactionalId = `${groupId}-${taskId}`
  return new ExactlyOnceCommitter(
    await log.openTransactionalProducer({ transactionalId, transactionTimeoutMs }),
    groupId,
  )
}

class ExactlyOnceCommitter implements Committer {
  readonly isAtomic = true
  readonly #producer: TransactionalProducer
  readonly #groupId: string

  constructor(producer: TransactionalProducer, groupId: string) {
    this.#producer = producer
    this.#groupId = groupId
  }

  async commit(records: readonly OutgoingRecord[], offsets: readonly CommittedOffset[]): Promise<readonly number[]> {
    // Both belong to the same transaction and go to different brokers' parts: no need to wait for one to begin the other.
    const sending = records.length > 0 ? this.#producer.send(records) : Promise.resolve([])
    const offering = offsets.length > 0 ? this.#producer.sendOffsets(this.#groupId, offsets) : Promise.resolve()
    offering.catch(() => {})
    const written = await sending
    passFailPoint('after-produce')
    await offering
    passFailPoint('after-offsets')
    await this.#producer.commit()
    return written
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}

class AtLeastOnceCommitter implements Committer {
  readonly isAtomic = false
  readonly #log: Log
  readonly #producer: Producer
  readonly #groupId: string

  constructor(log: Log, producer: Producer, groupId: string) {
    this.#log = log
    this.#producer = producer
    this.#groupId = groupId
  }

  async commit(records: readonly OutgoingRecord[], offsets: readonly CommittedOffset[]): Promise<readonly number[]> {
    const written = records.length > 0 ? await this.#producer.send(records) : []
    passFailPoint('after-produce')
    if (offsets.length > 0) await this.#log.commitOffsets(this.#groupId, offsets)
    passFailPoint('after-offsets')
    return written
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}
