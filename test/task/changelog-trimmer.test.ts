import { describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { float64Serde } from '../../src/record/serdes.ts'
import type { StoreDef } from '../../src/state/stores.ts'
import { ChangelogTrimmer, trimmedToOf } from '../../src/task/changelog-trimmer.ts'

const day = 86_400_000
const stores: StoreDef[] = [
  { kind: 'window', name: 'events', serde: float64Serde, retentionMs: day },
  { kind: 'key-value', name: 'rows', serde: float64Serde },
]

async function changelogs(records: number): Promise<Log> {
  const log = await openMemoryLog()
  const producer = await log.openProducer()
  for (const { name } of stores) {
    const topic = `app-${name}-changelog`
    await log.createTopic({ topic, partitions: 1 })
    const record = { topic, partition: 0, key: Buffer.from('k'), value: Buffer.from('v'), headers: {} }
    await producer.send(Array.from({ length: records }, () => record))
  }
  await producer.close()
  return log
}

const trimmer = (log: Log, stored?: Buffer, storedOffset = () => Number.POSITIVE_INFINITY) =>
  new ChangelogTrimmer({ applicationId: 'app', partition: 0, log, stores, storedOffset, stored: () => stored })

/** One commit of ten entries a day's sixteenth. */
async function run(
  trim: ChangelogTrimmer,
  from: number,
  to: number,
  afterEach: (marks: Buffer | undefined) => Promise<void> = async () => {},
): Promise<Buffer | undefined> {
  let marks: Buffer | undefined
  for (let n = from; n < to; n++) {
    const changed = await trim.committed(
      new Map([
        ['events', (n + 1) * 10],
        ['rows', (n + 1) * 10],
      ]),
      { streamTimeMs: (n * day) / 16, latestMs: (n * day) / 16 },
    )
    // By what the log has: these marks go there with the next commit.
    await afterEach(marks)
    marks = changed.at(-1)?.value ?? marks
  }
  return marks
}

const start = (log: Log, store: string) => log.startOffset({ topic: `app-${store}-changelog`, partition: 0 })

describe('ChangelogTrimmer', () => {
  it('deletes what retention has passed by stream time, and nothing younger', async () => {
    const log = await changelogs(1_000)
    await run(trimmer(log), 0, 40)
    // The commit at mark n holds entries up to n·day/16; at 38 those up to 21 are older than a day, which 39 knows.
    expect(await start(log, 'events')).toBe(22 * 10)
  })

  it('leaves what the database does not have yet, until it has it', async () => {
    const log = await changelogs(1_000)
    let storedOffset = 29
    const trim = trimmer(log, undefined, () => storedOffset)
    await run(trim, 0, 30)
    expect(await start(log, 'events')).toBe(20)
    storedOffset = 100
    await run(trim, 30, 32)
    expect(await start(log, 'events')).toBe(100)
  })

  it('deletes nothing before the log can tell what was deleted', async () => {
    const log = await changelogs(1_000)
    await run(trimmer(log), 0, 40, async (marks) => {
      expect(await start(log, 'events')).toBe(trimmedToOf(marks))
    })
    expect(await start(log, 'events')).toBeGreaterThan(0)
  })

  it('leaves compacted changelogs alone', async () => {
    const log = await changelogs(1_000)
    await run(trimmer(log), 0, 40)
    expect(await start(log, 'rows')).toBe(0)
  })

  it('goes on after a restart with the marks it had', async () => {
    const log = await changelogs(1_000)
    const marks = await run(trimmer(log), 0, 12)
    expect(await start(log, 'events')).toBe(0)
    await run(trimmer(log, marks), 12, 24)
    expect(await start(log, 'events')).toBe(6 * 10)
  })

  it('deletes nothing while stream time stands still', async () => {
    const log = await changelogs(1_000)
    const trim = trimmer(log)
    for (let n = 0; n < 50; n++) {
      await trim.committed(new Map([['events', n]]), { streamTimeMs: 5 * day, latestMs: 5 * day })
    }
    expect(await start(log, 'events')).toBe(0)
  })

  it('deletes nothing that is later than a stream time which was held back', async () => {
    const log = await changelogs(1_000)
    const trim = trimmer(log)
    await trim.committed(new Map([['events', 10]]), { streamTimeMs: -1, latestMs: 5 * day })
    await trim.committed(new Map([['events', 20]]), { streamTimeMs: 5.5 * day, latestMs: 5.5 * day })
    // What is due goes with the next commit.
    await trim.committed(new Map([['events', 20]]), { streamTimeMs: 5.5 * day, latestMs: 5.5 * day })
    expect(await start(log, 'events')).toBe(0)
    await trim.committed(new Map([['events', 30]]), { streamTimeMs: 6.25 * day, latestMs: 6.25 * day })
    await trim.committed(new Map([['events', 40]]), { streamTimeMs: 6.25 * day, latestMs: 6.25 * day })
    expect(await start(log, 'events')).toBe(10)
  })
})
