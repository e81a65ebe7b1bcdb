import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { deploySuite } from '../support/deploy-suite.ts'

describeWithBroker('with a real broker', () => {
  deploySuite('Kafka', async () => {
    const logs: Log[] = []
    const another = async () => {
      const log = await openKafkaLog({ brokers: [requireBroker()] })
      logs.push(log)
      return log
    }
    const id = randomUUID().slice(0, 8)
    const dispose = async () => void (await Promise.all(logs.map((log) => log.close())))
    return { log: await another(), another, mainTopic: `deploy-${id}`, applicationId: `deploy-app-${id}`, dispose }
  })
})
