import { MemoryLevel } from 'memory-level'
import type { LogDatabase, Write } from '../../../src/log/embedded/database.ts'

/** A database in memory whose writes a test can hold back or let fail. */
export class FlakyDatabase extends MemoryLevel<Buffer, Buffer> {
  /** Each batch that was written: how many operations, and whether synced. */
  readonly batches: { readonly operations: number; readonly sync: boolean }[] = []
  failure: Error | undefined
  gate: Promise<void> = Promise.resolve()

  constructor() {
    super({ keyEncoding: 'buffer', valueEncoding: 'buffer' })
  }

  /** This database as the log sees it. */
  asDatabase(): LogDatabase {
    const write = async (operations: Write[], { sync }: { sync: boolean }): Promise<void> => {
      await this.gate
      if (this.failure !== undefined) throw this.failure
      await this.batch(operations)
      this.batches.push({ operations: operations.length, sync })
    }
    return {
      open: () => this.open(),
      close: () => this.close(),
      getMany: (keys) => this.getMany(keys),
      clear: (range) => this.clear(range),
      iterator: (options) => this.iterator(options),
      batch: write,
    }
  }
}
