import { passFailPoint } from '../fail-points.ts'
import type { CommittedOffset, Log } from '../log/log.ts'
import type { OutgoingRecord, TopicPartition } from '../record/record.ts'
import type { StoreDef } from '../state/stores.ts'
import { changelogRecords, changelogTopic, systemStore } from '../task/changelog.ts'
import { definitionKey } from '../task/open-state.ts'
import { positionMetadata, type ResetMarks, timesIn } from '../task/position.ts'
import { type ResetPoint, type ResetSurvey, surveyPartition } from './reset-survey.ts'

/** Where a partition goes back to. */
export interface ResetPlan extends TopicPartition, ResetSurvey {
  /** The start of the log: state needs all of it. */
  readonly to: number
  /** Where the position is now. */
  readonly position: number
  /** What was processed before: outputs of input below this are in the log already. */
  readonly decidedTo: number
  /** The number of this reset among those that write decisions again; `null` when it only compares. */
  readonly revision: number | null
  readonly marks: ResetMarks
}

export interface ResetAim {
  readonly point: ResetPoint
  /** Decisions that differ are written again. */
  readonly redecide: boolean
}

export interface ResetOptions {
  readonly log: Log
  readonly applicationId: string
  /** Of the sub-topology that reads the topic. */
  readonly stores: readonly StoreDef[]
}

/** What an application would do after a reset; `undefined` for a partition of which it has processed nothing. */
export async function planReset(
  log: Log,
  applicationId: string,
  at: TopicPartition,
  { point, redecide }: ResetAim = { point: { offset: 0 }, redecide: false },
): Promise<ResetPlan | undefined> {
  const [committed] = await log.committedOffsets(applicationId, [at])
  if (committed === undefined) return undefined
  const before = timesIn(committed.metadata)
  // A reset of a reset that has not caught up yet still knows how far the application once was.
  const decidedTo = Math.max(committed.offset, before.decidedTo ?? 0)
  const survey = await surveyPartition(log, at, { applicationId, point, decidedTo })
  const marks = { decidedTo, compareFrom: survey.compareFrom, ...(await revisionAfter(before, { log, at, redecide })) }
  const revision = marks.redecides === 1 ? marks.revision! : null
  return { ...at, to: await log.startOffset(at), position: committed.offset, ...survey, decidedTo, revision, marks }
}

async function revisionAfter(
  { revision = 0, revisedFrom }: ResetMarks,
  { log, at, redecide }: { readonly log: Log; readonly at: TopicPartition; readonly redecide: boolean },
): Promise<ResetMarks> {
  if (!redecide) return revision === 0 ? {} : { revision, revisedFrom }
  return {
    redecides: 1,
    revision: revision + 1,
    revisedFrom: revisedFrom ?? (await log.endOffset(at, 'read-uncommitted')),
  }
}

const patientMs = 300_000
const waitMs = 200
const unfinished = Buffer.from('of an unfinished reset (run weir reset --execute again)')

/**
 * Takes a partition back: its position and an empty state, in one transaction. Changelogs that only the engine trims lose
 * their records, by which local state is found out of date and rebuilt; compacted ones get a tombstone for each key. A
 * crash in between leaves a definition that no instance has: the application does not start before the reset is repeated.
 * The application must not run; a task that does is fenced.
 */
export async function resetPartition(plan: ResetPlan, { log, applicationId, stores }: ResetOptions): Promise<void> {
  const { topic, partition, to, marks } = plan
  const transactionalId = `${applicationId}-0_${partition}`
  const producer = await log.openTransactionalProducer({ transactionalId, transactionTimeoutMs: patientMs })
  try {
    const recordOf = changelogRecords({ applicationId, subTopology: 0, partition })
    const ofSystem = (key: Buffer, value: Buffer | null) => entry(systemStore, key, value)
    const entry = (store: string, key: Buffer, value: Buffer | null): OutgoingRecord => recordOf({ store, key, value })
    const trimmed = stores.filter(({ kind }) => kind !== 'key-value').map(({ name }) => name)
    const compacted = [systemStore, ...stores.filter(({ kind }) => kind === 'key-value').map(({ name }) => name)]
    const tombstones: OutgoingRecord[] = []
    for (const store of compacted) {
      const keys = await liveKeys(log, { topic: changelogTopic(applicationId, store), partition })
      tombstones.push(...keys.map((key) => entry(store, key, null)))
    }
    const metadata = positionMetadata({ streamTimeMs: -1, ...marks })
    const offset: CommittedOffset = { topic, partition, offset: to, metadata }
    // One record more than any local state has seen, so that none of it counts after the deletion.
    const past = trimmed.map((store) => entry(store, noKey, null))
    await producer.send([...tombstones, ...past, ofSystem(definitionKey, unfinished)])
    await producer.sendOffsets(applicationId, [offset])
    await producer.commit()
    passFailPoint('reset-committed')
    for (const store of trimmed) {
      const changelog = { topic: changelogTopic(applicationId, store), partition }
      await log.deleteRecordsBefore(changelog, await log.endOffset(changelog, 'read-uncommitted'))
    }
    passFailPoint('reset-deleted')
    await producer.send([ofSystem(definitionKey, null)])
    await producer.commit()
  } finally {
    await producer.close()
  }
}

/** No store's entry has it. */
const noKey = Buffer.alloc(20)

async function liveKeys(log: Log, at: TopicPartition): Promise<Buffer[]> {
  const live = new Map<string, Buffer>()
  const end = await log.endOffset(at, 'read-committed')
  const reader = await log.openReader({ ...at, offset: await log.startOffset(at), isolation: 'read-committed' })
  try {
    while (reader.position < end) {
      for (const { key, value } of (await reader.poll(waitMs)).records) {
        const name = key!.toString('latin1')
        if (value === null) live.delete(name)
        else live.set(name, key!)
      }
    }
  } finally {
    await reader.close()
  }
  return [...live.values()]
}
