import { ConfigError } from '../errors.ts'
import type { DecodedLine } from './decode-line.ts'
import { partitionFor } from './murmur2.ts'
import type { LogRecord, OutgoingRecord } from './record.ts'

export interface LineTarget {
  readonly topic: string
  readonly partitions: number
}

/**
 * The partition that a line names, else the one that its key hashes to; without a key the first.
 *
 * @throws ConfigError `config-invalid` when the topic does not have the partition
 */
function partitionOf({ partition, key }: DecodedLine, partitions: number): number {
  if (partition === undefined) return key === null ? 0 : partitionFor(key, partitions)
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
    const { topic, partitions } = this.#target
    const partition = partitionOf(line, partitions)
    const next = this.#nextOffsets.get(partition) ?? 0
    const offset = line.offset ?? next
    if (offset < next) {
      throw new ConfigError(
        'config-invalid',
        `a line names offset ${offset} of partition ${partition} after offset ${next - 1}; put each partition's lines in the order of their offsets`,
      )
    }
    this.#nextOffsets.set(partition, offset + 1)
    const { key, value, headers } = line
    return { topic, partition, offset, timestampMs: line.timestampMs ?? line.timeMs ?? -1, key, value, headers }
  }
}
