import { join } from 'node:path'
import type { Log } from '../log/log.ts'
import type { TopicPartition } from '../record/record.ts'
import type { StateEngine } from '../state/engine.ts'
import { systemColumn } from '../state/system.ts'
import { changelogTopic } from './changelog.ts'
import { applicationIdOf } from './deployment-port.ts'
import { taskFolder } from './open-database.ts'

/** State that nothing reads any more. */
export interface DroppedState {
  /** The deployment's; `null` for the definition of the beginning. */
  readonly id: string | null
  readonly stores: readonly string[]
}

export interface DropOptions {
  readonly applicationId: string
  readonly taskId: string
  readonly partition: number
  readonly log: Log
  readonly engine: StateEngine
  readonly stateDir: string
}

/** Deletes a task's state of one deployment, in its folder and in the changelogs. What the log refuses to delete stays. */
export async function dropState({ id, stores }: DroppedState, options: DropOptions): Promise<void> {
  const { taskId, partition, log, engine, stateDir } = options
  const applicationId = applicationIdOf(options.applicationId, id === null ? undefined : { id })
  await engine.destroy(taskFolder(join(stateDir, applicationId), taskId))
  const topics = [systemColumn, ...stores].map((store) => changelogTopic(applicationId, store))
  await Promise.all(topics.map((topic) => emptied(log, { topic, partition })))
}

/** Brokers delete nothing from a topic that is only compacted. */
async function emptied(log: Log, at: TopicPartition): Promise<void> {
  try {
    const end = await log.endOffset(at, 'read-committed')
    if ((await log.startOffset(at)) < end) await log.deleteRecordsBefore(at, end)
  } catch {
    // The records are of no use to anybody, and do no harm.
  }
}
