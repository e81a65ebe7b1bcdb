import { randomUUID } from 'node:crypto'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { threadsSuite } from '../support/threads-suite.ts'

describeWithBroker('with a real broker', () => {
  threadsSuite('Kafka', () => {
    const id = randomUUID().slice(0, 8)
    return {
      settings: { 'log.brokers': [requireBroker()] },
      mainTopic: `threads-${id}`,
      applicationId: `threads-app-${id}`,
    }
  })
})
