import { type LogCode, LogError, type ProductionCode, ProductionError, WeirError } from '../../errors.ts'
import type { OutgoingRecord, TopicPartition } from '../../record/record.ts'
import type { CommittedOffset, FetchedBatch, Isolation, ReaderOptions, TopicDescription, TopicSpec } from '../log.ts'

/** What a client asks of the log's owner: the argument and the answer, by method. */
export interface Methods {
  createTopic: [TopicSpec, 'created' | 'exists']
  describeTopic: [string, TopicDescription | undefined]
  topics: [undefined, readonly string[]]
  startOffset: [TopicPartition, number]
  endOffset: [{ readonly at: TopicPartition; readonly isolation: Isolation }, number]
  committedOffsets: [
    { readonly groupId: string; readonly partitions: readonly TopicPartition[] },
    readonly CommittedOffset[],
  ]
  /** Answers with the handle that later calls name. */
  openReader: [ReaderOptions, number]
  /** Tells the last seek that the batch heeds. */
  poll: [
    { readonly reader: number; readonly maxWaitMs: number },
    { readonly batch: FetchedBatch; readonly seeks: number },
  ]
  /** `seeks` counts the reader's. */
  seek: [{ readonly reader: number; readonly offset: number; readonly seeks: number }, undefined]
  closeReader: [number, undefined]
  openProducer: [undefined, number]
  send: [{ readonly producer: number; readonly records: readonly OutgoingRecord[] }, readonly number[]]
  closeProducer: [number, undefined]
  /** Asks for the log itself, to own it. Granted by an owner that is only a visitor: it leaves at once. */
  handOver: [undefined, { readonly granted: boolean; readonly pid: number }]
}

export type Method = keyof Methods

export interface Request<M extends Method = Method> {
  readonly id: number
  readonly method: M
  readonly argument: Methods[M][0]
}

export interface Failure {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly startOffset: number | undefined
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }
  /** Not done, for the owner is leaving: ask the next one. */
  | { readonly id: number; readonly moved: true }

/** `to-heir`: to somebody who asked for the log and opens it now. */
export type Leaving = 'to-heir' | 'closing'

/**
 * From an owner that leaves. Requests in hand are still answered, later ones get `moved`; the client closes the
 * connection when it has all its answers, so that it knows of every request whether it was carried out.
 */
export interface LeavingNotice {
  readonly leaving: Leaving
}

/** An error in words that survive the way between processes. */
export function describeFailure(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof WeirError ? error.code : 'log-unavailable'
  return { name, code, message, startOffset: error instanceof LogError ? error.startOffset : undefined }
}

/** The error that `describeFailure` described. */
export function errorOf({ name, code, message, startOffset }: Failure): Error {
  if (name === 'ProductionError') return new ProductionError(code as ProductionCode, message)
  return new LogError(code as LogCode, message, startOffset === undefined ? {} : { startOffset })
}
