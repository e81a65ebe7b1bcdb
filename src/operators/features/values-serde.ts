import { SerdeError } from '../../errors.ts'
import type { Serde } from '../../record/serde.ts'
import type { AggregateValue, ColumnValues } from './definition.ts'

export type { ColumnValues } from './definition.ts'

const tags = { absent: 0, number: 1, string: 2, false: 3, true: 4 } as const

const damaged = (): SerdeError =>
  new SerdeError("a window's entry cannot be read: the state is damaged; delete it and restore")

/** UTF-8 takes at most three bytes a code unit. */
const mostBytesPerUnit = 3
let scratch = Buffer.allocUnsafeSlow(1024)

/** Writes the values to the scratch buffer; returns where they end. */
function write(values: ColumnValues): number {
  let at = 0
  for (const value of values) {
    const most = at + 9 + (typeof value === 'string' ? mostBytesPerUnit * value.length : 0)
    if (most > scratch.length) scratch = Buffer.concat([scratch], 2 * most)
    if (typeof value === 'number') {
      scratch[at] = tags.number
      at = scratch.writeDoubleBE(value, at + 1)
    } else if (typeof value === 'string') {
      scratch[at] = tags.string
      const length = scratch.write(value, at + 5, 'utf8')
      at = scratch.writeUInt32BE(length, at + 1) + length
    } else scratch[at++] = value === undefined ? tags.absent : value ? tags.true : tags.false
  }
  return at
}

function read(bytes: Buffer): ColumnValues {
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
    else throw damaged()
  }
  return values
}

/** Layout of each column: a tag (1 byte), then 8 bytes of a double, or the length (4) and UTF-8 of a string. Big-endian. */
export const valuesSerde: Serde<ColumnValues> = {
  serialize(values) {
    const end = write(values)
    return Buffer.copyBytesFrom(scratch, 0, end)
  },
  deserialize: read,
  packed: {
    serialize(values) {
      const end = write(values)
      return scratch.toString('latin1', 0, end)
    },
    deserialize: (packed) => read(Buffer.from(packed, 'latin1')),
  },
}
