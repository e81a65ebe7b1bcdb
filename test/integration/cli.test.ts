import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { liveAndReplayed } from '../cli/live-and-replayed.ts'
import { temporaryFolder } from '../cli/weir.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'

const folder = temporaryFolder()
const rules = fileURLToPath(new URL('../../rules', import.meta.url))
afterAll(() => folder.remove())

describeWithBroker('the command line on Kafka', () => {
  it('decides live what a back-test of its export decides, byte for byte', async () => {
    const name = `cli-${process.pid}`
    const log = ['--kafka', requireBroker(), '--topic', name]
    const runFlags = ['--unsigned']
    const { live, replayed } = await liveAndReplayed({ folder, log, appId: name, runFlags, rules })
    expect(live.split('\n').length).toBeGreaterThan(500)
    expect(live).toBe(replayed)
  })
})
