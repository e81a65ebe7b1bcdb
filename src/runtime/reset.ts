import { passFailPoint } from '../fail-points.ts'
import type { CommittedOffset, Log } from '../log/log.ts'
import type { OutgoingRecord, TopicPartition } from '../record/record.ts'
import type { StoreDef } from '../state/stores.ts'
import { changelogRecords, changelogTopic, systemStore } from '../task/changelog.ts'
import { type InForce, inForceRecord, warmUpRecord } from '../task/deployment-ledger.ts'
import { applicationIdOf } from '../task/deployment-port.ts'
import type { DroppedState } from '../task/drop-state.ts'
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

/** The definition that decides from the start of the log on. */
export interface Beginning extends Pick<InForce, 'hash' | 'content'> {
  /** Of the sub-topology that reads the topic. */
  readonly stores: readonly StoreDef[]
}

export interface ResetOptions {
  readonly log: Log
  readonly applicationId: string
  readonly beginning: Beginning
  /** State of what was deployed since: it is made anew, as the log says it. */
  readonly deployed: readonly DroppedState[]
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
 * Takes a partition back: its position, what is in force there, and an empty state, in one transaction. Changelogs that
 * brokers delete from lose their records, by which local state is found out of date and rebuilt; those that are only
 * compacted get a tombstone for each key. A crash in between leaves a definition that no instance has: the application does
 * not start before the reset is repeated. The application must not run; a task that does is fenced.
 */
export async function resetPartition(plan: ResetPlan, options: ResetOptions): Promise<void> {
  const { log, applicationId, beginning } = options
  const { topic, partition, to, marks } = plan
  const transactionalId = `${applicationId}-0_${partition}`
  const producer = await log.openTransactionalProducer({ transactionalId, transactionTimeoutMs: patientMs })
  try {
    const recordOf = changelogRecords({ applicationId, subTopology: 0, partition })
    const ofSystem = (key: Buffer, value: Buffer | null) => entry(systemStore, key, value)
    const entry = (store: string, key: Buffer, value: Buffer | null): OutgoingRecord => recordOf({ store, key, value })
    const { stores } = beginning
    const compacted = [systemStore, ...stores.filter(({ kind }) => kind === 'key-value').map(({ name }) => name)]
    const emptied = await deletableChangelogs(options)
    const tombstones: OutgoingRecord[] = []
    for (const store of compacted) {
      const keys = await liveKeys(log, { topic: changelogTopic(applicationId, store), partition })
      tombstones.push(...keys.map((key) => entry(store, key, null)))
    }
    const metadata = positionMetadata({ streamTimeMs: -1, ...marks })
    const offset: CommittedOffset = { topic, partition, offset: to, metadata }
    // One record more than any local state has seen, so that none of it counts after the deletion.
    const past = emptied.map((changelog) => ({ topic: changelog, partition, key: noKey, value: null, headers: {} }))
    const { hash, content } = beginning
    const inForce = inForceRecord(applicationId, partition, { id: null, hash, content, offset: -1 })
    const ledger = [inForce, warmUpRecord(applicationId, partition, undefined)]
    await producer.send([...tombstones, ...past, ...ledger, ofSystem(definitionKey, unfinished)])
    await producer.sendOffsets(applicationId, [offset])
    await producer.commit()
    passFailPoint('reset-committed')
    for (const changelog of emptied.map((name) => ({ topic: name, partition }))) {
      await log.deleteRecordsBefore(changelog, await log.endOffset(changelog, 'read-uncommitted'))
    }
    passFailPoint('reset-deleted')
    await producer.send([ofSystem(definitionKey, null)])
    await producer.commit()
  } finally {
    await producer.close()
  }
}

/** Those from which brokers delete records, as far as they are there. */
async function deletableChangelogs({ log, applicationId, beginning, deployed }: ResetOptions): Promise<string[]> {
  const trimmed = beginning.stores.filter(({ kind }) => kind !== 'key-value').map(({ name }) => name)
  const names = [
    ...trimmed.map((store) => changelogTopic(applicationId, store)),
    ...deployed.flatMap(({ id, stores }) => {
      const owner = applicationIdOf(applicationId, id === null ? undefined : { id })
      return [systemStore, ...stores].map((store) => changelogTopic(owner, store))
    }),
  ]
  // What was deployed and never made ready has none.
  const existing = new Set(await log.topics())
  return names.filter((name) => existing.has(name))
}

/**
 * Lets a task of a sub-topology behind the first go on under other rule files: its state is a function of what it reads,
 * whatever the files say. The task must not run.
 */
export async function forgetDefinition(
  log: Log,
  applicationId: string,
  { subTopology, partition }: { readonly subTopology: number; readonly partition: number },
): Promise<void> {
  const transactionalId = `${applicationId}-${subTopology}_${partition}`
  const producer = await log.openTransactionalProducer({ transactionalId, transactionTimeoutMs: patientMs })
  try {
    const recordOf = changelogRecords({ applicationId, subTopology, partition })
    await producer.send([recordOf({ store: systemStore, key: definitionKey, value: null })])
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
