import { TaskCorruptedError } from '../errors.ts'

/** How far a task has come: the next input offset and the stream time there. */
export interface Position {
  readonly offset: number
  readonly streamTimeMs: number
  /** The log's timestamp of the last record that stream time looked at, where that is known: ticks count from it. */
  readonly timestampMs?: number | undefined
  /** After a reset: how far the task had come before. What lies below was decided and written then. */
  readonly decidedTo?: number | undefined
}

/** The position's key in the system store and its changelog. */
export const positionKey = Buffer.from('position')

export const encodePosition = ({ offset, streamTimeMs, timestampMs, decidedTo }: Position): Buffer =>
  Buffer.from(JSON.stringify({ offset, streamTimeMs, timestampMs, decidedTo }))

/** @throws TaskCorruptedError `state-corrupted` when the bytes are not a position */
export function decodePosition(bytes: Buffer): Position {
  try {
    const { offset, streamTimeMs, timestampMs, decidedTo } = JSON.parse(bytes.toString())
    const whole = (value: unknown) => (Number.isSafeInteger(value) ? (value as number) : undefined)
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(streamTimeMs))
      return { offset, streamTimeMs, timestampMs: whole(timestampMs), decidedTo: whole(decidedTo) }
  } catch {
    // Falls through to the one error below.
  }
  throw new TaskCorruptedError(
    'state-corrupted',
    `the task's stored position is not readable: ${bytes.toString('latin1').slice(0, 80)}`,
  )
}

/** What travels with a committed offset: what else there is to a position. */
export const positionMetadata = ({ streamTimeMs, timestampMs, decidedTo }: Omit<Position, 'offset'>): string =>
  JSON.stringify({ streamTimeMs, timestampMs, decidedTo })

/** What `positionMetadata` wrote; nothing of a text that somebody else wrote. */
export function timesIn(metadata: string): Partial<Record<'streamTimeMs' | 'timestampMs' | 'decidedTo', number>> {
  try {
    const times: unknown = JSON.parse(metadata)
    return Object.fromEntries(Object.entries(times ?? {}).filter(([, time]) => Number.isSafeInteger(time)))
  } catch {
    return {}
  }
}
