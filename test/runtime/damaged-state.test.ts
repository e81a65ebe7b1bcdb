import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { countingApp, logWithMain, sendEvents } from '../support/counting-app.ts'
import { expectCounted } from '../support/expect-counted.ts'

const keys = Array.from({ length: 2_000 }, (_, n) => `k${n}`)

describe.each(['rocksdb', 'level'] as const)('state of %s that was damaged while nobody looked', (name) => {
  let dir: string
  let log: Log
  const counted: unknown[] = []

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weir-damaged-'))
    log = await logWithMain(1)
    counted.length = 0
  })
  afterEach(async () => {
    await log.close()
    await rm(dir, { recursive: true, force: true })
  })

  const engine = stateEngine(name)
  const start = async () => {
    const app = countingApp(log, dir, {
      engine,
      metrics: {
        ...noMetrics,
        add: (counter, by, labels) => void (counter === 'state.rebuilt' && counted.push({ by, ...labels })),
      },
    })
    await app.start()
    return app
  }

  const filesLike = async (pattern: RegExp) => {
    const folder = join(dir, 'counter', '0_0')
    const files = (await readdir(folder)).filter((file) => pattern.test(file)).map((file) => join(folder, file))
    expect(files).not.toEqual([])
    return files
  }
  const tables = /\.(sst|ldb)$/

  const damages: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'table files garbled',
      async () => {
        for (const file of await filesLike(tables)) {
          const bytes = await readFile(file)
          await writeFile(
            file,
            bytes.map((byte, n) => (n < bytes.length / 2 ? byte ^ 0x5a : byte)),
          )
        }
      },
    ],
    [
      'table files cut short',
      async () => void (await Promise.all((await filesLike(tables)).map((f) => truncate(f, 100)))),
    ],
    ['a manifest missing', async () => void (await Promise.all((await filesLike(/MANIFEST/)).map((f) => rm(f))))],
    [
      'CURRENT overwritten',
      async () => void (await Promise.all((await filesLike(/CURRENT/)).map((f) => writeFile(f, 'x')))),
    ],
  ]

  it.each(damages)('is rebuilt from the changelogs and counted: %s', async (_, damage) => {
    const first = await start()
    await sendEvents(log, keys)
    await expectCounted(log, keys.length)
    await first.stop()
    // Opening moves what the write-ahead log holds to table files.
    await (await engine.open(join(dir, 'counter', '0_0'), ['system', 'counts'])).close()
    await damage()

    const second = await start()
    await sendEvents(log, keys)
    await expectCounted(log, 2 * keys.length)
    expect(counted).toEqual([{ by: 1, task: '0_0', code: expect.stringMatching(/^(state|store)-corrupted$/) }])
    await second.stop()
  })
})
