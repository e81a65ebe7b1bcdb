import { randomUUID } from 'node:crypto'
import kafkajs, { type Producer } from 'kafkajs'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { foreignSuite } from '../support/faults/foreign-suite.ts'

describeWithBroker('with a real broker', () => {
  foreignSuite('Kafka', async () => {
    const id = randomUUID().slice(0, 8)
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const stock = new kafkajs.Kafka({ brokers: [requireBroker()], logLevel: kafkajs.logLevel.NOTHING })
    const producers: Producer[] = []
    return {
      log,
      mainTopic: `foreign-${id}`,
      applicationId: `foreign-app-${id}`,
      async dispose() {
        await Promise.all(producers.map((producer) => producer.disconnect()))
        await log.close()
      },
      async beginForeign() {
        const transactionalId = `somebody-${id}-${producers.length}`
        const producer = stock.producer({
          transactionalId,
          transactionTimeout: 60_000,
          maxInFlightRequests: 1,
          idempotent: true,
        })
        producers.push(producer)
        await producer.connect()
        const transaction = await producer.transaction()
        return {
          async send(records) {
            for (const { topic, partition, key, value, headers } of records)
              await transaction.send({ topic, messages: [{ partition, key, value, headers: { ...headers } }] })
          },
          commit: () => transaction.commit(),
          abort: () => transaction.abort(),
        }
      },
    }
  })
})
