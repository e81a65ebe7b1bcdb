import { oraclePartitionOf } from './murmur2.ts'
import type { OracleRecord } from './records.ts'

/** An event in the form of a JSON line. */
export interface OracleLine {
  readonly kind: string
  readonly type: string
  readonly id: string
  readonly key: string
  readonly time: number | string
  readonly timestamp?: number
  readonly payload: unknown
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Puts lines on their partitions as `weir send` to an empty log would, offsets from 0. */
export function layOut(lines: Iterable<OracleLine>, partitions: number): OracleRecord[][] {
  const log: OracleRecord[][] = Array.from({ length: partitions }, () => [])
  for (const { kind, type, id, key, time, timestamp, payload } of lines) {
    const keyBytes = bytesOf(key)
    const records = log[oraclePartitionOf(keyBytes, partitions)]!
    records.push({
      offset: records.length,
      ...(timestamp === undefined ? {} : { timestampMs: timestamp }),
      keyBytes,
      valueBytes: bytesOf(JSON.stringify(payload)),
      headers: { kind: bytesOf(kind), type: bytesOf(type), id: bytesOf(id), time: bytesOf(String(time)) },
    })
  }
  return log
}
