import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { logContract } from '../contract/log.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'

describeWithBroker('the Kafka log', () => {
  logContract('kafka', async () => {
    const handles: Log[] = []
    const another = async (): Promise<Log> => {
      const log = await openKafkaLog({ brokers: [requireBroker()] })
      handles.push(log)
      return log
    }
    return {
      log: await another(),
      another,
      dispose: async () => {
        await Promise.all(handles.map((log) => log.close()))
      },
    }
  })
})
