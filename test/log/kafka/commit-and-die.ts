import { openKafkaLog } from '../../../src/log/kafka/kafka-log.ts'

// Run by a test with WEIR_FAIL_POINT set: sends one record in a transaction and commits it.
const [broker, topic, transactionalId] = process.argv.slice(2) as [string, string, string]
const log = await openKafkaLog({ brokers: [broker] })
const producer = await log.openTransactionalProducer({ transactionalId })
await producer.send([{ topic, partition: 0, key: null, value: Buffer.from('committed'), headers: {} }])
await producer.commit()
await log.close()
