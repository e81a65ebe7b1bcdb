import { openMemoryLog } from '../../src/log/memory-log.ts'
import { foreignSuite } from '../support/faults/foreign-suite.ts'

foreignSuite('the embedded log', async () => {
  const log = await openMemoryLog()
  return {
    log,
    mainTopic: 'main',
    applicationId: 'foreign',
    dispose: () => log.close(),
    async beginForeign() {
      const producer = await log.openTransactionalProducer({
        transactionalId: 'somebody',
        transactionTimeoutMs: 60_000,
      })
      return {
        async send(records) {
          await producer.send(records)
        },
        commit: () => producer.commit(),
        abort: () => producer.abort(),
      }
    },
  }
})
