import { ConfigError } from '../errors.ts'
import { type DecodedLine, decodeLine } from './decode-line.ts'
import { partitionFor, partitionForText } from './murmur2.ts'
import { PlainLine, readPlainLine } from './plain-line.ts'
import type { LogRecord, OutgoingRecord } from './record.ts'

export interface LineTarget {
  readonly topic: string
  readonly partitions: number
}

/** What a line's place depends on. */
interface Unplaced {
  readonly partition?: number | undefined
  readonly offset?: number | undefined
  readonly key: Buffer | string | null
}

/**
 * The partition that a line names, else the one that its key hashes to; without a key the first.
 *
 * @throws ConfigError `config-invalid` when the topic does not have the partition
 */
function partitionOf({ partition, key }: Unplaced, partitions: number): number {
  if (partition === undefined) {
    if (key === null) return 0
    return typeof key === 'string' ? partitionForText(key, partitions) : partitionFor(key, partitions)
  }
  if (partition < partitions) return partition
  throw new ConfigError(
    'config-invalid',
    `a line names partition ${partition}, but there are only ${partitions}; the lines come from a topic with more: give its number of partitions`,
  )
}

/** The record to send for a line. A log gives it its offset, and the present as its timestamp unless the line has one. */
export function lineToRecord(line: DecodedLine, { topic, partitions }: LineTarget): OutgoingRecord {
  const { key, value, headers, timestampMs } = line
  const stamped = timestampMs === undefined || timestampMs < 0 ? {} : { timestampMs }
  return { topic, partition: partitionOf(line, partitions), key, value, headers, ...stamped }
}

/** Lays lines out as the log that they come from, or would make. */
export class LinePlacement {
  readonly #target: LineTarget
  readonly #nextOffsets = new Map<number, number>()

  constructor(target: LineTarget) {
    this.#target = target
  }

  /**
   * The record at the place that the line names; else at the next offset of its partition, from 0. A line without a
   * timestamp has its event time for one, so that nothing about it is ahead (−1 without a valid time).
   *
   * @throws ConfigError `config-invalid` for a partition that there is not, and for an offset that is not above the last
   */
  place(line: DecodedLine): LogRecord {
    const { key, value, headers } = line
    const timestampMs = line.timestampMs ?? line.timeMs ?? -1
    return { topic: this.#target.topic, ...this.#placeOf(line), timestampMs, key, value, headers }
  }

  /**
   * The same for a line as it stands, at the least cost: most lines are parsed once and never become bytes. Lines of a
   * partition that is not wanted take their offsets, and nothing more.
   *
   * @throws ConfigError as `place` does
   */
  placeText(text: string, isWanted: (partition: number) => boolean = () => true): LogRecord | undefined {
    const plain = readPlainLine(text)
    if (plain === undefined) {
      const record = this.place(decodeLine(text))
      return isWanted(record.partition) ? record : undefined
    }
    const { partition, offset } = this.#placeOf(plain)
    return isWanted(partition) ? new PlainLine(plain, { topic: this.#target.topic, partition, offset }) : undefined
  }

  #placeOf(line: Unplaced): { readonly partition: number; readonly offset: number } {
    const partition = partitionOf(line, this.#target.partitions)
    const next = this.#nextOffsets.get(partition) ?? 0
    const offset = line.offset ?? next
    if (offset < next) {
      throw new ConfigError(
        'config-invalid',
        `a line names offset ${offset} of partition ${partition} after offset ${next - 1}; put each partition's lines in the order of their offsets`,
      )
    }
    this.#nextOffsets.set(partition, offset + 1)
    return { partition, offset }
  }
}
