/** How far a partition of a compacted topic is cleaned, and when its tombstones may go. */
export interface Cleaning {
  /** Kafka's `delete.retention.ms`: a tombstone stays at least so long after it was first compacted. */
  readonly tombstoneMs: number
  /** Rows whose last offset is below hold no two records of a key. */
  readonly cleanedTo: number
  /** Records that the last pass left. */
  readonly kept: number
  /** Tombstones below this offset were compacted by `tombstonesAtMs`. */
  readonly tombstonesTo: number
  readonly tombstonesAtMs: number
}

/** Kafka's default of `delete.retention.ms`: a day. */
const defaultTombstoneMs = 86_400_000

type Config = Readonly<Record<string, string>>

/** Of a partition that was never compacted; `undefined` when the topic's `cleanup.policy` has no `compact`. */
export function cleaningOf(config: Config): Cleaning | undefined {
  const policies = (config['cleanup.policy'] ?? '').split(',').map((policy) => policy.trim())
  if (!policies.includes('compact')) return undefined
  const tombstoneMs = Number(config['delete.retention.ms'] ?? defaultTombstoneMs)
  return { tombstoneMs, cleanedTo: 0, kept: 0, tombstonesTo: 0, tombstonesAtMs: 0 }
}

export function encodeCleaning({ cleanedTo, kept, tombstonesTo, tombstonesAtMs }: Cleaning): Buffer {
  const value = Buffer.alloc(32)
  for (const [i, number] of [cleanedTo, kept, tombstonesTo, tombstonesAtMs].entries())
    value.writeDoubleBE(number, i * 8)
  return value
}

export function decodeCleaning(config: Config, value: Buffer): Cleaning | undefined {
  const fresh = cleaningOf(config)
  if (fresh === undefined) return undefined
  const [cleanedTo, kept, tombstonesTo, tombstonesAtMs] = [0, 8, 16, 24].map((at) => value.readDoubleBE(at)) as [
    number,
    number,
    number,
    number,
  ]
  return { ...fresh, cleanedTo, kept, tombstonesTo, tombstonesAtMs }
}
