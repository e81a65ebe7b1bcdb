import type { LogClient } from '../log/log.ts'
import { payloadOf, timestampOf, windowKeyOf, windowOffsetOf, windowTimeOf } from '../state/keys.ts'
import type { StoreDef } from '../state/stores.ts'
import { changelogTopic } from '../task/changelog.ts'
import { readPartition } from './partition-reading.ts'

/** What a store holds under one of its keys, as of the last commit. */
export interface StoredEntry {
  readonly partition: number
  /** The store's own key. */
  readonly key: string
  readonly value: unknown
  /** Of timestamped and window stores. */
  readonly timeMs?: number
  /** Of window stores: the offset of the event. */
  readonly offset?: number
}

export interface StoredEntriesOptions {
  readonly log: LogClient
  readonly appId: string
  readonly store: StoreDef
  readonly partitions: readonly number[]
  /** A key of the store, or one of the parts of which it is made. */
  readonly key: string
  readonly signal: AbortSignal
}

/**
 * Reads what a store holds for a key from its changelog, committed records only: it is the state's source of truth, here
 * as on an instance that restores, and can be read beside running instances. Costs reading those partitions of it.
 */
export async function storedEntries(options: StoredEntriesOptions): Promise<StoredEntry[]> {
  const { log, appId, store, partitions, key, signal } = options
  const topic = changelogTopic(appId, store.name)
  const perPartition = await Promise.all(
    partitions.map(async (partition) => {
      const newest = new Map<string, StoredEntry>()
      const at = { topic, partition }
      const to = await log.endOffset(at, 'read-committed')
      await readPartition(log, at, {
        from: 0,
        to,
        signal,
        async onBatch({ records }) {
          for (const record of records) {
            if (record.key === null || !concerns(storeKey(store, record.key), key)) continue
            const id = record.key.toString('latin1')
            if (record.value === null) newest.delete(id)
            else newest.set(id, { partition, ...entryOf(store, record.key, record.value) })
          }
        },
      })
      return [...newest.values()]
    }),
  )
  return perPartition.flat()
}

const storeKey = ({ kind }: StoreDef, key: Buffer): string => (kind === 'window' ? windowKeyOf(key) : key.toString())

function entryOf(store: StoreDef, key: Buffer, value: Buffer): Omit<StoredEntry, 'partition'> {
  const named = { key: storeKey(store, key) }
  switch (store.kind) {
    case 'key-value':
      return { ...named, value: store.serde.deserialize(value) }
    case 'timestamped':
      return { ...named, value: store.serde.deserialize(payloadOf(value)), timeMs: timestampOf(value) }
    case 'window':
      return { ...named, value: store.serde.deserialize(value), timeMs: windowTimeOf(key), offset: windowOffsetOf(key) }
  }
}

const concerns = (storeKey: string, key: string): boolean => storeKey === key || partsOf(storeKey).includes(key)

/** The parts of a key that was put together as `LENGTH:TEXT` after `LENGTH:TEXT`; what is left over is the last part. */
export function partsOf(key: string): string[] {
  const parts: string[] = []
  let at = 0
  for (;;) {
    const length = /^(\d+):/.exec(key.slice(at))
    const begin = at + (length?.[0].length ?? 0)
    const end = begin + Number(length?.[1])
    if (length === null || end > key.length) break
    parts.push(key.slice(begin, end))
    at = end
  }
  if (at < key.length) parts.push(key.slice(at))
  return parts
}
