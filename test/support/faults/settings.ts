import type { ProcessingGuarantee } from '../../../src/task/committer.ts'
import type { LogPlace } from './place.ts'

/** What a worker process is told, as JSON in its one argument. */
export interface WorkerSettings {
  readonly place: LogPlace
  readonly mainTopic: string
  readonly applicationId: string
  readonly stateDir: string
  /** Folder of its rule files. Default: the scenario's. */
  readonly rules?: string
  /** Default `exactly-once`. */
  readonly guarantee?: ProcessingGuarantee
  /** Default 10, so that there are many commits to die in. */
  readonly maxRecords?: number
  /** Of a fetch. Default 4 KiB. */
  readonly maxBytes?: number
  /** Default 20, so that there are many pieces to restore. */
  readonly restoreBatchEntries?: number
  /** Default 4,000: some commits are held back, and written to the database soon. */
  readonly writeBehindBytes?: number
  /** As the configuration's `state.taskMemoryMb`, in place of `writeBehindBytes`. */
  readonly taskMemoryMb?: number
  /** Default: short, as far as the broker allows. */
  readonly sessionTimeoutMs?: number
  /** Default 0. */
  readonly standbyReplicas?: number
  /** Tells of its resources so often. Default: never. */
  readonly usageEveryMs?: number
  /** Stops the whole process (SIGSTOP) before it sends the n-th commit of a transaction; somebody continues it. */
  readonly stallBeforeCommit?: number
}

/** What a worker is doing, as it prints it at each change. */
export interface WorkerStatus {
  readonly app: string
  /** By task. */
  readonly tasks: Readonly<Record<string, string>>
  /** Standbys that lack nothing. */
  readonly warm: number
  /** Changelog records that its restores have read so far. */
  readonly replayed: number
  /** As `healthReport` says, with transactions held against it from 1 s on. */
  readonly health: 'ready' | 'degraded' | 'not-ready'
}

export interface WorkerUsage {
  readonly rssBytes: number
  /** Live and garbage. */
  readonly heapBytes: number
  /** What V8 holds for the heap. */
  readonly heapHeldBytes: number
  /** Buffers, outside the heap. */
  readonly bufferBytes: number
  /** Handles and requests that keep the process running. */
  readonly handles: number
}
