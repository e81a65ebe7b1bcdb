import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { poisonSuite } from '../support/faults/poison-suite.ts'

describeWithBroker('with a real broker', () => {
  poisonSuite('Kafka', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const id = randomUUID().slice(0, 8)
    return { log, mainTopic: `poison-${id}`, applicationId: `poison-app-${id}`, dispose: () => log.close() }
  })
})
