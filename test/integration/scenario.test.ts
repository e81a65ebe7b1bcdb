import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { scenarioSuite } from '../support/scenario/suite.ts'

describeWithBroker('with a real broker', () => {
  scenarioSuite('Kafka', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const id = randomUUID().slice(0, 8)
    return { log, mainTopic: `scenario-${id}`, applicationId: `scenario-app-${id}`, dispose: () => log.close() }
  })
})
