import type { LogClient } from '../log/log.ts'
import type { OutgoingRecord, TopicPartition } from '../record/record.ts'
import type { Deployment } from '../topology/deployment.ts'
import { ledgerTopic } from './deployment-port.ts'
import type { DroppedState } from './drop-state.ts'

/** The definition that decides in a partition. */
export interface InForce {
  /** `null` for the definition of the beginning. */
  readonly id: string | null
  readonly hash: string
  readonly content: string
  /** Of the record that activated it; -1 for the definition of the beginning. */
  readonly offset: number
  /** The state that it replaced, until that is deleted. */
  readonly replaced?: DroppedState
}

/** How far a task is with making a deployment's state. */
export interface WarmUpProgress {
  readonly id: string
  readonly hash: string
  /** The first offset that the log still had, and the next one to read. */
  readonly from: number
  readonly reached: number
  /** The task's own position. */
  readonly to: number
  /** It has caught up with the task once, and follows it since. */
  readonly isWarm: boolean
  /** Why the state cannot be made. */
  readonly failure?: string
}

/** A deployment as whoever makes it writes it down, with its rule set. */
export interface Announced {
  readonly hash: string
  readonly content: string
  /** When and what for, for people. */
  readonly nowMs: number
  readonly cold: boolean
}

/** What a partition of the ledger says. */
export interface Ledger {
  readonly inForce: InForce | undefined
  readonly warmUp: WarmUpProgress | undefined
  /** By deployment id; only in partition 0. */
  readonly announced: ReadonlyMap<string, Announced>
}

const keys = { inForce: 'in-force', warmUp: 'warm-up', announced: 'announced/' } as const

/** Under this id the definition of the beginning is announced, together with the first that replaces it. */
export const beginningId = 'start'
const waitMs = 200

const noted = (applicationId: string, partition: number, key: string, value: unknown): OutgoingRecord => ({
  topic: ledgerTopic(applicationId),
  partition,
  key: Buffer.from(key),
  value: value === undefined ? null : Buffer.from(JSON.stringify(value)),
  headers: {},
})

export const inForceRecord = (applicationId: string, partition: number, inForce: InForce): OutgoingRecord =>
  noted(applicationId, partition, keys.inForce, inForce)

/** `undefined` takes back what was noted. */
export const warmUpRecord = (
  applicationId: string,
  partition: number,
  progress: WarmUpProgress | undefined,
): OutgoingRecord => noted(applicationId, partition, keys.warmUp, progress)

export const announcedRecord = (applicationId: string, id: string, announced: Announced): OutgoingRecord =>
  noted(applicationId, 0, keys.announced + id, announced)

/** The deployment whose state is to be opened; `undefined` for the definition of the beginning. */
export const deploymentOf = (inForce: InForce | undefined): Deployment | undefined =>
  inForce === undefined || inForce.id === null ? undefined : { ...inForce, id: inForce.id }

/** Reads a partition of the ledger up to its present end. Nothing in it yet when the topic is not there. */
export async function readLedger(log: LogClient, applicationId: string, partition: number): Promise<Ledger> {
  const at = { topic: ledgerTopic(applicationId), partition }
  const values = (await log.describeTopic(at.topic)) === undefined ? new Map() : await lastValues(log, at)
  const announced = [...values].filter(([key]) => key.startsWith(keys.announced))
  return {
    inForce: values.get(keys.inForce) as InForce | undefined,
    warmUp: values.get(keys.warmUp) as WarmUpProgress | undefined,
    announced: new Map(announced.map(([key, value]) => [key.slice(keys.announced.length), value as Announced])),
  }
}

async function lastValues(log: LogClient, at: TopicPartition): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>()
  const end = await log.endOffset(at, 'read-committed')
  const reader = await log.openReader({ ...at, offset: await log.startOffset(at), isolation: 'read-committed' })
  try {
    while (reader.position < end) {
      const { records } = await reader.poll(waitMs)
      for (const { key, value } of records) {
        if (value === null) values.delete(String(key))
        else values.set(String(key), JSON.parse(String(value)))
      }
    }
  } finally {
    await reader.close()
  }
  return values
}
