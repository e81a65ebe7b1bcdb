import type { ProcessingGuarantee } from '../../../src/task/committer.ts'
import type { LogPlace } from './place.ts'

/** What a worker process is told, as JSON in its one argument. */
export interface WorkerSettings {
  readonly place: LogPlace
  readonly mainTopic: string
  readonly applicationId: string
  readonly stateDir: string
  /** Default `exactly-once`. */
  readonly guarantee?: ProcessingGuarantee
  /** Stops the whole process (SIGSTOP) before it sends the n-th commit of a transaction; somebody continues it. */
  readonly stallBeforeCommit?: number
}
