import { SerdeError } from '../../errors.ts'
import type { Serde } from '../../record/serde.ts'
import type { Waiting } from './definition.ts'

/** Layout: length of the key in bytes (4, big-endian), the key as UTF-8, the event. */
export const waitingSerde = <E>(serde: Serde<E>): Serde<Waiting<E>> => ({
  serialize({ key, value }) {
    const keyBytes = Buffer.from(key, 'utf8')
    const head = Buffer.alloc(4)
    head.writeUInt32BE(keyBytes.length)
    return Buffer.concat([head, keyBytes, serde.serialize(value)])
  },
  deserialize(bytes) {
    const end = bytes.length < 4 ? Number.POSITIVE_INFINITY : 4 + bytes.readUInt32BE()
    if (end > bytes.length)
      throw new SerdeError('a waiting event is cut short; the state is of another version or damaged')
    return { key: bytes.toString('utf8', 4, end), value: serde.deserialize(bytes.subarray(end)) }
  },
})
