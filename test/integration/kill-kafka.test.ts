import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { killSuite } from '../support/faults/kill-suite.ts'

describeWithBroker('with a real broker', () => {
  killSuite('Kafka', async () => ({ place: { kind: 'kafka', brokers: requireBroker() }, dispose: async () => {} }))
})
