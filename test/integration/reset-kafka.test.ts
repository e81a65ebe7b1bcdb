import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { resetHistorySuite } from '../support/reset-history-suite.ts'
import { resetSuite } from '../support/reset-suite.ts'

describeWithBroker('with a real broker', () => {
  resetSuite('Kafka', (folder) => {
    const topic = `reset-${process.pid}`
    const env = { WEIR_LOG_DATA_DIR: join(folder, 'data') }
    const log = ['--kafka', requireBroker(), '--topic', topic]
    // Each costs a session of the group.
    return { log, appId: `app-${topic}`, env, crashes: ['before-apply:4'] }
  })

  resetHistorySuite('Kafka', () => {
    const brokers = requireBroker()
    const mainTopic = `history-${randomUUID().slice(0, 8)}`
    const open = () => openKafkaLog({ brokers: [brokers] })
    return { open, flags: ['--kafka', brokers], mainTopic, applicationId: `app-${mainTopic}` }
  })
})
