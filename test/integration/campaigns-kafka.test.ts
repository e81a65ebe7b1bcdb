import { expect, it } from 'vitest'
import { abortedCampaign } from '../reliability/aborted.ts'
import { brokerRestarts } from '../reliability/broker.ts'
import { killCampaign } from '../reliability/kill.ts'
import type { Row } from '../reliability/row.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'

const seed = 7
const say = (): void => undefined
const nothingWrong = { lost: 0, duplicated: 0, misplaced: 0, wrong: 0 }

function expectExact({ difference, ...row }: Row): void {
  expect(difference).toBeUndefined()
  expect(row).toMatchObject(nothingWrong)
}

describeWithBroker('instances with features, a list and trailing nots', () => {
  it('decide exactly though they are killed while they run, restore and rebalance', async () => {
    const row = await killCampaign({ brokers: requireBroker(), events: 2_800, seed, kills: 2, perSecond: 400, say })
    expectExact(row)
    expect(row.fired).toBeGreaterThan(2)
    expect(row.ticks).toBeGreaterThan(0)
  })

  it('decide exactly what lies between aborted transactions of others and of their own', async () => {
    const row = await abortedCampaign({ brokers: requireBroker(), events: 2_000, seed, rounds: 2, say })
    expectExact(row)
    expect(row.fired).toBeGreaterThan(10)
  })

  // A broker of one's own takes Java.
  it.skipIf(process.env['KAFKA_BROKERS'])('decide exactly though the broker crashes under them', async () => {
    const row = await brokerRestarts('kill', { events: 3_000, seed, rounds: 1, perSecond: 400, say })
    expectExact(row)
    expect(row.recoveryMs).toHaveLength(1)
  })
})
