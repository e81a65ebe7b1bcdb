/**
 * Runs the counting application on a small disk of its own (the first argument, a mounted file system without files), takes
 * the space away under load, gives it back, and starts again. The second argument says what lies on that disk: `state`, or
 * `all` for the embedded log too; with `read-only`, the state's disk cannot be written at a start in between. Writes one line
 * of JSON: an `Outcome`.
 */

import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbeddedLog } from '../../../src/log/embedded/open.ts'
import type { Log } from '../../../src/log/log.ts'
import { openMemoryLog } from '../../../src/log/memory-log.ts'
import type { WeirApp } from '../../../src/runtime/app.ts'
import { countingApp, expectedCounts, main, sendEvents, written } from '../counting-app.ts'
import { eventually } from '../eventually.ts'
import { readTopic } from '../log-lines.ts'

/** What became of the application that met the full disk, and what the next one had counted in the end. */
export interface Outcome {
  readonly state: string
  readonly code: string
  readonly message: string
  readonly events: number
  readonly exact: boolean
}

const [dir, what] = process.argv.slice(2) as [string, 'state' | 'all' | 'read-only']
const filler = join(dir, 'filler')
// Long, so that the state needs space soon; few times each, so that counts depend on state.
const keys = Array.from({ length: 1_000 }, (_, n) => `${n}-`.padEnd(500, 'k'))

const openLog = (): Promise<Log> => (what === 'all' ? openEmbeddedLog(join(dir, 'log')) : openMemoryLog())

const counts = async (): Promise<{ events: number; exact: boolean }> => {
  const records = await readTopic(log, main)
  const expected = expectedCounts(records)
  const found = written(records)
  return {
    events: expected.length,
    exact: found.length === expected.length && found.every((f, n) => f === expected[n]),
  }
}
const allCounted = () =>
  eventually(async () => {
    if (!(await counts()).exact) throw new Error('not yet')
  })

let log = await openLog()
await log.createTopic({ topic: main, partitions: 1 })
const start = async (): Promise<WeirApp> => {
  const app = countingApp(log, join(dir, 'state'))
  await app.start()
  return app
}

const first = await start()
await sendEvents(log, keys)
await allCounted()

const endOf = async (app: WeirApp): Promise<Pick<Outcome, 'state' | 'code' | 'message'>> => {
  const { code, message } = await app.ended.then(
    () => ({ code: '', message: 'it ended in peace' }),
    (error) => error,
  )
  return { state: app.state, code, message }
}

async function fillDisk(): Promise<Pick<Outcome, 'state' | 'code' | 'message'>> {
  const { bavail, bsize } = statfsSync(dir)
  writeFileSync(filler, Buffer.alloc(bavail * bsize - 128 * 1024))
  for (let round = 0; round < 200 && first.state !== 'ERROR'; round++) {
    await sendEvents(log, keys).catch(() => {})
    // The application gets its turn, and its share of the load.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const end = await endOf(first)
  rmSync(filler)
  if (what !== 'all') return end
  await log.close().catch(() => {})
  log = await openLog()
  return end
}

async function forbidWriting(): Promise<Pick<Outcome, 'state' | 'code' | 'message'>> {
  await first.stop()
  execFileSync('mount', ['-o', 'remount,ro', dir])
  const end = await endOf(await start())
  execFileSync('mount', ['-o', 'remount,rw', dir])
  return end
}

const end = await (what === 'read-only' ? forbidWriting() : fillDisk())
const second = await start()
await sendEvents(log, keys)
await allCounted()
await second.stop()
const outcome: Outcome = { ...end, ...(await counts()) }
await log.close()
process.stdout.write(`${JSON.stringify(outcome)}\n`)
