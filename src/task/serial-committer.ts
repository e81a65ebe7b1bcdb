import type { CommittedOffset } from '../log/log.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Committer } from './committer.ts'

/** Lets several parts of a task write by its one producer: one commit at a time, in the order in which they asked. */
export class SerialCommitter implements Committer {
  readonly #committer: Committer
  #last: Promise<unknown> = Promise.resolve()

  constructor(committer: Committer) {
    this.#committer = committer
  }

  get isAtomic(): boolean {
    return this.#committer.isAtomic
  }

  /** After one failure all later commits fail with it: nobody knows what of it happened. */
  commit(records: readonly OutgoingRecord[], offsets: readonly CommittedOffset[]): Promise<readonly number[]> {
    const committed = this.#last.then(() => this.#committer.commit(records, offsets))
    this.#last = committed
    committed.catch(() => {})
    return committed
  }

  close(): Promise<void> {
    return this.#committer.close()
  }
}

/** The same without input positions: for state that is not yet what decides. */
export const withoutOffsets = (committer: Committer): Committer => ({
  isAtomic: committer.isAtomic,
  commit: (records) => committer.commit(records, []),
  close: async () => {},
})
