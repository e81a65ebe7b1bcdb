import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { backtestSuite } from '../support/faults/backtest-suite.ts'

backtestSuite('the embedded log', async () => {
  const log = await openMemoryLog()
  return { log, mainTopic: 'main', applicationId: 'backtest', dispose: () => log.close() }
})

describeWithBroker('with a real broker', () => {
  backtestSuite('Kafka', async () => {
    const log = await openKafkaLog({ brokers: [requireBroker()] })
    const id = randomUUID().slice(0, 8)
    return { log, mainTopic: `backtest-${id}`, applicationId: `backtest-app-${id}`, dispose: () => log.close() }
  })
})
