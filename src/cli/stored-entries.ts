import type { LogClient } from '../log/log.ts'
import { eachInPage } from '../state/ids/id-page.ts'
import type { ChangelogEntry } from '../state/journal.ts'
import { payloadOf, timestampOf, windowKeyOf, windowOffsetOf, windowTimeOf } from '../state/keys.ts'
import type { StoreDef } from '../state/stores.ts'
import { eachLoggedRow } from '../state/window-page.ts'
import { changelogTopic } from '../task/changelog.ts'
import { readPartition } from './partition-reading.ts'

/** What a store holds under one of its keys, as of the last commit. */
export interface StoredEntry {
  readonly partition: number
  /** The store's own key. */
  readonly key: string
  /** Ids have none. */
  readonly value?: unknown
  /** Of stores that forget. */
  readonly timeMs?: number
  /** Of window stores: the offset of the event. */
  readonly offset?: number
}

export interface StoredEntriesOptions {
  readonly log: LogClient
  /** The prefix of its changelogs. */
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
  const perPartition = await Promise.all(
    partitions.map(async (partition) => {
      const newest = new Map<string, readonly StoredEntry[]>()
      const at = { topic: changelogTopic(appId, store.name), partition }
      const to = await log.endOffset(at, 'read-committed')
      await readPartition(log, at, {
        from: 0,
        to,
        signal,
        async onBatch({ records }) {
          for (const record of records) {
            if (record.key === null) continue
            eachEntry(store, { key: record.key, value: record.value }, (at, value) => {
              const id = at.toString('latin1')
              const entries = value === null ? [] : entriesOf(store, at, value, key)
              if (entries.length === 0) newest.delete(id)
              else
                newest.set(
                  id,
                  entries.map((entry) => ({ partition, ...entry })),
                )
            })
          }
        },
      })
      return [...newest.values()].flat()
    }),
  )
  return perPartition.flat()
}

/** Rows of windows lie together in pages. */
function eachEntry(
  { kind }: StoreDef,
  { key, value }: Pick<ChangelogEntry, 'key' | 'value'>,
  take: (key: Buffer, value: Buffer | null) => void,
): void {
  if (kind !== 'window' || value === null) take(key, value)
  else eachLoggedRow({ key, value }, (row) => take(row.key, row.value))
}

type Entry = Omit<StoredEntry, 'partition'>

/** What a record of the changelog says about a key. */
function entriesOf(store: StoreDef, key: Buffer, value: Buffer, about: string): Entry[] {
  if (store.kind === 'ids') return idsIn(value, about)
  const name = store.kind === 'window' ? windowKeyOf(key) : key.toString()
  if (!concerns(name, about)) return []
  switch (store.kind) {
    case 'key-value':
      return [{ key: name, value: store.serde.deserialize(value) }]
    case 'timestamped':
      return [{ key: name, value: store.serde.deserialize(payloadOf(value)), timeMs: timestampOf(value) }]
    case 'window':
      return [
        { key: name, value: store.serde.deserialize(value), timeMs: windowTimeOf(key), offset: windowOffsetOf(key) },
      ]
  }
}

/** Ids lie together in pages. */
function idsIn(page: Buffer, about: string): Entry[] {
  const ids: Entry[] = []
  eachInPage(page, (id, timeMs) => {
    if (concerns(id, about)) ids.push({ key: id, timeMs })
  })
  return ids
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
