import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { liveAndReplayed } from './live-and-replayed.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
const rules = fileURLToPath(new URL('../../rules', import.meta.url))
afterAll(() => folder.remove())

it('decides live, on the embedded log, what a back-test of its export decides, byte for byte', async () => {
  const log = ['--data-dir', folder.inside('log')]
  const { live, replayed } = await liveAndReplayed({ folder, log, appId: 'weir', runFlags: [], rules })
  expect(live.split('\n').length).toBeGreaterThan(500)
  expect(live).toBe(replayed)
}, 120_000)
