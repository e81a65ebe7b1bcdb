import { SerdeError } from '../../errors.ts'
import type { Serde } from '../../record/serde.ts'
import type { AggregateValue, ColumnValues } from './definition.ts'

export type { ColumnValues } from './definition.ts'

const tags = { absent: 0, number: 1, string: 2, false: 3, true: 4 } as const

/** Layout of each column: a tag (1 byte), then 8 bytes of a double, or the length (4) and UTF-8 of a string. Big-endian. */
export const valuesSerde: Serde<ColumnValues> = {
  serialize: (values) => Buffer.concat(values.map(bytesOf)),
  deserialize(bytes) {
    const values: (AggregateValue | undefined)[] = []
    for (let at = 0; at < bytes.length; ) {
      const tag = bytes[at++]
      if (tag === tags.number && at + 8 <= bytes.length) {
        values.push(bytes.readDoubleBE(at))
        at += 8
      } else if (tag === tags.string && at + 4 <= bytes.length && at + 4 + bytes.readUInt32BE(at) <= bytes.length) {
        const end = at + 4 + bytes.readUInt32BE(at)
        values.push(bytes.toString('utf8', at + 4, end))
        at = end
      } else if (tag === tags.absent) values.push(undefined)
      else if (tag === tags.false || tag === tags.true) values.push(tag === tags.true)
      else throw new SerdeError("a window's entry cannot be read: the state is damaged; delete it and restore")
    }
    return values
  },
}

function bytesOf(value: AggregateValue | undefined): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9, tags.number)
    bytes.writeDoubleBE(value, 1)
    return bytes
  }
  if (typeof value === 'string') {
    const length = Buffer.byteLength(value)
    const bytes = Buffer.alloc(5 + length, tags.string)
    bytes.writeUInt32BE(length, 1)
    bytes.write(value, 5)
    return bytes
  }
  if (value === undefined) return Buffer.of(tags.absent)
  return Buffer.of(value ? tags.true : tags.false)
}
