import { TaskCorruptedError } from '../errors.ts'

/** How far a task has come: the next input offset and the stream time there. */
export interface Position {
  readonly offset: number
  readonly streamTimeMs: number
  /** The log's timestamp of the last record that stream time looked at, where that is known: ticks count from it. */
  readonly timestampMs?: number | undefined
}

/** The position's key in the system store and its changelog. */
export const positionKey = Buffer.from('position')

export const encodePosition = ({ offset, streamTimeMs, timestampMs }: Position): Buffer =>
  Buffer.from(JSON.stringify({ offset, streamTimeMs, timestampMs }))

/** @throws TaskCorruptedError `state-corrupted` when the bytes are not a position */
export function decodePosition(bytes: Buffer): Position {
  try {
    const { offset, streamTimeMs, timestampMs } = JSON.parse(bytes.toString())
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(streamTimeMs))
      return { offset, streamTimeMs, timestampMs: Number.isSafeInteger(timestampMs) ? timestampMs : undefined }
  } catch {
    // Falls through to the one error below.
  }
  throw new TaskCorruptedError(
    'state-corrupted',
    `the task's stored position is not readable: ${bytes.toString('latin1').slice(0, 80)}`,
  )
}

/** What travels with a committed offset: the times at that position. */
export const positionMetadata = ({ streamTimeMs, timestampMs }: Position): string =>
  JSON.stringify({ streamTimeMs, timestampMs })

/** What travels with a committed offset: stream time there, and `timestampMs` as in a position. */
export function timesIn(metadata: string): { readonly streamTimeMs?: number; readonly timestampMs?: number } {
  try {
    const times: unknown = JSON.parse(metadata)
    return Object.fromEntries(Object.entries(times ?? {}).filter(([, time]) => Number.isSafeInteger(time)))
  } catch {
    return {}
  }
}
