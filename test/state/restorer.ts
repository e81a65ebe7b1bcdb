import { rocksDbEngine } from '../../src/state/engines/rocksdb.ts'
import { restore } from '../../src/state/restore.ts'
import { readSystem } from '../../src/state/system.ts'
import { columnsOf } from '../../src/state/task-state.ts'
import { restoreBatches, restoreEnd } from './restore-fixture.ts'
import { names } from './state-fixture.ts'

// A process of its own, so that a test can let it crash in the middle: restores into a folder.
const db = await rocksDbEngine().open(process.argv[2]!, columnsOf([names]))
const from = (await readSystem(db)).changelogOffsets.get(names.name) ?? 0
await restore({ db, store: names, batches: restoreBatches(from), from, to: restoreEnd, batchEntries: 10 })
await db.close()
process.stdout.write(`${from}\n`)
