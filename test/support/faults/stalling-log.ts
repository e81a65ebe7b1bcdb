import type { Log, TransactionalProducer } from '../../../src/log/log.ts'

/** The log, but the process stops (SIGSTOP) when one of its transactions is full and its n-th commit is about to be sent. */
export function stalling(log: Log, beforeCommit: number): Log {
  let left = beforeCommit
  return new Proxy(log, {
    get(target, name) {
      if (name === 'openTransactionalProducer') {
        return async (...options: Parameters<Log['openTransactionalProducer']>) =>
          stallingProducer(await target.openTransactionalProducer(...options), () => --left === 0)
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

const stallingProducer = (producer: TransactionalProducer, isDue: () => boolean): TransactionalProducer => ({
  send: (records) => producer.send(records),
  sendOffsets: (groupId, offsets) => producer.sendOffsets(groupId, offsets),
  commit() {
    if (isDue()) {
      process.stdout.write('stalled\n')
      process.kill(process.pid, 'SIGSTOP')
    }
    return producer.commit()
  },
  abort: () => producer.abort(),
  close: () => producer.close(),
})
