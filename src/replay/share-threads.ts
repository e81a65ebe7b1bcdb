import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { errorOf, type Failure } from '../log/shared/protocol.ts'
import type { StateEngine } from '../state/engine.ts'
import { type Decided, together } from './decider.ts'
import type { ReadSoFar, ShareOptions } from './share.ts'

/** What a thread is given. */
export interface ShareData extends Omit<ShareOptions, 'ruleSet' | 'engine' | 'onProgress' | 'part' | 'signal'> {
  /** The rule set's canonical text. */
  readonly canonical: string
  readonly engine: StateEngine['name']
}

/** What a thread says: how far it is, then its end. */
export type ShareReport =
  | { readonly progress: ReadSoFar }
  | { readonly decided: Decided & { readonly lines: number } }
  | { readonly failed: Failure }

// The build has the same file in JavaScript.
const threadFile = new URL(`./share-thread${extname(import.meta.url)}`, import.meta.url)

/** Decides all partitions of a file, a share of them in each thread. The first failure ends all. */
export async function decideInThreads(
  options: Omit<ShareOptions, 'share' | 'part' | 'signal'>,
): Promise<Decided & { readonly lines: number }> {
  const { ruleSet, engine, onProgress, ...rest } = options
  const reads: ReadSoFar[] = Array.from({ length: options.shares }, () => ({ lines: 0, bytes: 0 }))
  const workers = reads.map(
    (_, share) =>
      new Worker(threadFile, {
        workerData: { ...rest, share, canonical: ruleSet.canonical, engine: engine.name } satisfies ShareData,
      }),
  )
  const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  try {
    const decided = await Promise.all(
      workers.map((worker, share) =>
        outcomeOf(worker, (read) => {
          reads[share] = read
          onProgress(reads.reduce((least, each) => (each.bytes < least.bytes ? each : least)))
        }),
      ),
    )
    return { ...together(decided), lines: decided[0]!.lines }
  } finally {
    // Not by force: they close their databases and take their folders away.
    for (const worker of workers) worker.postMessage('end')
    await Promise.all(exits)
  }
}

function outcomeOf(
  worker: Worker,
  onProgress: (read: ReadSoFar) => void,
): Promise<Decided & { readonly lines: number }> {
  return new Promise((resolve, reject) => {
    worker.on('message', (report: ShareReport) => {
      if ('progress' in report) onProgress(report.progress)
      else if ('decided' in report) resolve(report.decided)
      else reject(failureOf(report.failed))
    })
    worker.on('error', reject)
    worker.on('exit', (code) => reject(new Error(`a thread of the back-test ended by itself, with code ${code}`)))
  })
}

function failureOf(failed: Failure): Error {
  const error = errorOf(failed)
  return 'code' in error || failed.code === '' ? error : Object.assign(error, { code: failed.code })
}
