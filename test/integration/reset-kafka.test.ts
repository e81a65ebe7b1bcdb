import { join } from 'node:path'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { resetSuite } from '../support/reset-suite.ts'

describeWithBroker('with a real broker', () => {
  resetSuite('Kafka', (folder) => {
    const topic = `reset-${process.pid}`
    const env = { WEIR_LOG_DATA_DIR: join(folder, 'data') }
    return { log: ['--kafka', requireBroker(), '--topic', topic], appId: `app-${topic}`, env }
  })
})
