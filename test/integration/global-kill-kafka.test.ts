import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { globalKillSuite } from '../support/faults/global-kill-suite.ts'

describeWithBroker('with a real broker', () => {
  globalKillSuite('Kafka', async () => ({
    place: { kind: 'kafka', brokers: requireBroker() },
    dispose: async () => {},
  }))
})
