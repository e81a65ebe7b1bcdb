import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { globalSuite } from '../support/global-suite.ts'

describeWithBroker('with a real broker', () => {
  globalSuite('Kafka', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const id = randomUUID().slice(0, 8)
    return { log, mainTopic: `global-${id}`, applicationId: `global-app-${id}`, dispose: () => log.close() }
  })
})
