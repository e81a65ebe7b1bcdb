import { ConfigError } from '../errors.ts'
import type { TopicPartition } from '../record/record.ts'
import type { StateDb } from '../state/engine.ts'
import { readSystem, systemColumn } from '../state/system.ts'
import { TaskState } from '../state/task-state.ts'
import { WriteBehind } from '../state/write-behind.ts'
import type { StreamTime } from './batch-processor.ts'
import { changelogTopic, systemStoreDef } from './changelog.ts'
import { ChangelogTrimmer, trimKey, trimmedToIn } from './changelog-trimmer.ts'
import { checkLayout, layoutKey } from './layout.ts'
import { asTaskCorrupted, openTaskDatabase, type TaskDatabaseOptions } from './open-database.ts'
import { decodePosition, type Position, positionKey, type ResetMarks, timesIn } from './position.ts'
import { checkCut, missingStretch, restoreChangelog } from './restore-changelog.ts'

/** How far the restore of a task's state has come, all changelogs together. */
export interface RestoreProgress {
  /** The one that is being restored. */
  readonly store: string
  /** Changelog offsets still to pass, and to pass altogether. */
  readonly remaining: number
  readonly total: number
}

export interface OpenStateOptions extends TaskDatabaseOptions {
  /** Whose committed offset says where the input goes on; `null`: the state's own position. Default: the application id. */
  readonly groupId?: string | null
  /** The number of the task's sub-topology. */
  readonly subTopology: number
  readonly source: TopicPartition
  /** What the state was computed by: another definition over the same state would be a mixture of both. */
  readonly definition: string
  readonly limits: { readonly maxBytes: number }
  readonly restoreBatchEntries?: number
  /** See `TaskStateOptions`. */
  readonly cacheBytes?: number
  /** See `WriteBehindOptions.limitBytes`. */
  readonly writeBehindBytes?: number
  readonly streamTime: StreamTime
  readonly onProgress: (progress: RestoreProgress) => void
}

/** A task's state, restored to the input position at which the task goes on. */
export interface OpenedState {
  readonly db: StateDb
  readonly state: TaskState
  /** The next input offset to process. */
  readonly position: number
  /** The log's timestamp of the last record before it that stream time looked at, where that is known. */
  readonly timestampMs: number | undefined
  /** After a reset: how far the task had come before. */
  readonly resetMarks: ResetMarks
  /** True when no commit has said yet by which definition the state is computed. */
  readonly isNew: boolean
  readonly trimmer: ChangelogTrimmer
  /** What the log has and the database not yet; `close` writes it. */
  readonly writeBehind: WriteBehind
  close(): Promise<void>
}

/** The key under which the system store keeps the definition. */
export const definitionKey = Buffer.from('definition')

/**
 * Opens a task's database and brings it up to the log: replays the tail of each changelog from where the database has it,
 * all of it on an empty disk.
 * @throws TaskCorruptedError when the database contradicts the log: delete it and open again
 * @throws ConfigError `rule-set-changed`, `offsets-moved`
 * @throws StateStoreError `store-locked`, `disk-full`, `store-unavailable`
 */
export async function openTaskState(options: OpenStateOptions): Promise<OpenedState> {
  const { db, close } = await openTaskDatabase(options)
  try {
    const restored = await restoreTo(db, options)
    return { ...restored, db, close: () => closeFlushed(restored.writeBehind, close) }
  } catch (error) {
    await close()
    throw asTaskCorrupted(error)
  }
}

/** What cannot be written is not lost: the changelogs have it. */
const closeFlushed = async (writeBehind: WriteBehind, close: () => Promise<void>): Promise<void> => {
  await writeBehind.flush().catch(() => {})
  await close()
}

async function restoreTo(db: StateDb, options: OpenStateOptions): Promise<Omit<OpenedState, 'db' | 'close'>> {
  const { applicationId, stores, source, log, streamTime, cacheBytes, writeBehindBytes } = options
  await restoreChangelogs(db, options)
  const [positionBytes, definition, layout] = await db.getMany(systemColumn, [positionKey, definitionKey, layoutKey])
  checkDefinition(definition, options)
  if (definition !== undefined) checkLayout(layout, stores, applicationId)
  const position = await choosePosition(
    positionBytes === undefined ? undefined : decodePosition(positionBytes),
    options,
  )
  streamTime.reset(position.streamTimeMs)
  const state = TaskState.open({
    db,
    stores,
    streamTimeMs: () => streamTime.beforeMs,
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
  })
  const writeBehind = new WriteBehind({
    db,
    state,
    ...(writeBehindBytes === undefined ? {} : { limitBytes: writeBehindBytes }),
  })
  return {
    state,
    writeBehind,
    position: position.offset,
    timestampMs: position.timestampMs,
    resetMarks: position,
    isNew: definition === undefined,
    trimmer: new ChangelogTrimmer({
      applicationId,
      partition: source.partition,
      log,
      stores,
      storedOffset: (store) => writeBehind.storedOffset(store),
      stored: (store) => db.getSync(systemColumn, trimKey(store)),
    }),
  }
}

async function restoreChangelogs(db: StateDb, options: OpenStateOptions): Promise<void> {
  const { applicationId, stores, source, log, limits, restoreBatchEntries, stopped, onProgress } = options
  const { changelogOffsets } = await readSystem(db)
  const stretches = await Promise.all(
    // The system store first: it knows what was deleted from the others.
    [systemStoreDef, ...stores].map(async (store) => {
      const topic = changelogTopic(applicationId, store.name, options.subTopology)
      const changelog = { topic, partition: source.partition }
      const from = changelogOffsets.get(store.name)
      return { store, changelog, ...(await missingStretch({ log, changelog, from })) }
    }),
  )
  const total = stretches.reduce((sum, { begin, end }) => sum + end - begin, 0)
  let left = total
  for (const stretch of stretches) {
    const store = stretch.store.name
    checkCut(stretch, stretch.changelog, trimmedToIn(db, store))
    left -= stretch.end - stretch.begin
    const behind = left
    const tell = (remaining: number) => onProgress({ store, remaining: behind + remaining, total })
    if (stretch.end > stretch.begin) tell(stretch.end - stretch.begin)
    await restoreChangelog({
      ...stretch,
      db,
      log,
      maxBytes: limits.maxBytes,
      batchEntries: restoreBatchEntries,
      stopped,
      onProgress: tell,
    })
  }
}

function checkDefinition(stored: Buffer | undefined, { definition, applicationId }: OpenStateOptions): void {
  if (stored === undefined || stored.toString() === definition) return
  throw new ConfigError(
    'rule-set-changed',
    `the state of the application "${applicationId}" was computed by the rule set ${stored.toString()}, but this instance has ${definition}: ` +
      'deploy the new rule files with weir deploy DIR; or start it with the same ones, or give it another application id, which begins anew',
  )
}

/**
 * The group's committed offset is where the input goes on; it moves in the same transaction as the state. When the log has
 * forgotten it (groups that were away too long), the state's own position counts.
 */
async function choosePosition(stored: Position | undefined, options: OpenStateOptions): Promise<Position> {
  const { log, applicationId, groupId = applicationId, source } = options
  const [committed] = groupId === null ? [] : await log.committedOffsets(groupId, [source])
  if (committed === undefined) return stored ?? { offset: await log.startOffset(source), streamTimeMs: -1 }
  const {
    streamTimeMs = stored?.streamTimeMs ?? -1,
    timestampMs = stored?.timestampMs,
    ...resetMarks
  } = timesIn(committed.metadata)
  return { ...resetMarks, offset: committed.offset, streamTimeMs, timestampMs }
}
