import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { ticksSuite } from '../support/ticks-suite.ts'

describeWithBroker('with a real broker', () => {
  ticksSuite('Kafka', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const id = randomUUID().slice(0, 8)
    return { log, mainTopic: `ticks-${id}`, applicationId: `ticks-app-${id}`, dispose: () => log.close() }
  })
})
