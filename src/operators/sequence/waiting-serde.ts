import { SerdeError } from '../../errors.ts'
import type { Serde } from '../../record/serde.ts'
import type { Waiting } from './definition.ts'

const headBytes = 12
const notFired = -1

/** Layout, big-endian: offset at which it fired or -1 (8, double), length of the key (4), the key as UTF-8, the event. */
export const waitingSerde = <E>(serde: Serde<E>): Serde<Waiting<E>> => ({
  serialize({ key, value, firedAt }) {
    const keyBytes = Buffer.from(key, 'utf8')
    const head = Buffer.alloc(headBytes)
    head.writeDoubleBE(firedAt ?? notFired)
    head.writeUInt32BE(keyBytes.length, 8)
    return Buffer.concat([head, keyBytes, serde.serialize(value)])
  },
  deserialize(bytes) {
    const end = bytes.length < headBytes ? Number.POSITIVE_INFINITY : headBytes + bytes.readUInt32BE(8)
    if (end > bytes.length)
      throw new SerdeError('a waiting event is cut short: the state is damaged; delete it and restore')
    const firedAt = bytes.readDoubleBE()
    const waiting = { key: bytes.toString('utf8', headBytes, end), value: serde.deserialize(bytes.subarray(end)) }
    return firedAt === notFired ? waiting : { ...waiting, firedAt }
  },
})
