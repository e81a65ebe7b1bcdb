import { TaskCorruptedError } from '../errors.ts'

/** What resets leave with a task's position. */
export interface ResetMarks {
  /** How far the task had come before the reset. What lies below was decided and written then. */
  readonly decidedTo?: number | undefined
  /** From here on, up to `decidedTo`, decisions are compared with those in the log. Default: the start of the log. */
  readonly compareFrom?: number | undefined
  /** 1 while decisions that differ are written again, as those of `revision`. */
  readonly redecides?: number | undefined
  /** The number of the last reset that wrote decisions again, from 1 on; it stays for good. */
  readonly revision?: number | undefined
  /** No decision that was written again lies below. */
  readonly revisedFrom?: number | undefined
}

/** How far a task has come: the next input offset and the stream time there. */
export interface Position extends ResetMarks {
  readonly offset: number
  readonly streamTimeMs: number
  /** The log's timestamp of the last record that stream time looked at, where that is known: ticks count from it. */
  readonly timestampMs?: number | undefined
}

const optional = ['timestampMs', 'decidedTo', 'compareFrom', 'redecides', 'revision', 'revisedFrom'] as const

/** The position's key in the system store and its changelog. */
export const positionKey = Buffer.from('position')

export const encodePosition = (position: Position): Buffer =>
  Buffer.from(JSON.stringify(position, ['offset', 'streamTimeMs', ...optional]))

/** @throws TaskCorruptedError `state-corrupted` when the bytes are not a position */
export function decodePosition(bytes: Buffer): Position {
  try {
    const { offset, streamTimeMs, ...others } = JSON.parse(bytes.toString())
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(streamTimeMs))
      return { offset, streamTimeMs, ...wholeOnes(others) }
  } catch {
    // Falls through to the one error below.
  }
  throw new TaskCorruptedError(
    'state-corrupted',
    `the task's stored position is not readable: ${bytes.toString('latin1').slice(0, 80)}`,
  )
}

/** What travels with a committed offset: what else there is to a position. */
export const positionMetadata = (position: Omit<Position, 'offset'>): string =>
  JSON.stringify(position, ['streamTimeMs', ...optional])

/** What `positionMetadata` wrote; nothing of a text that somebody else wrote. */
export function timesIn(metadata: string): Partial<Omit<Position, 'offset'>> {
  try {
    const times: unknown = JSON.parse(metadata)
    return wholeOnes(times ?? {})
  } catch {
    return {}
  }
}

/** What the resets of a task leave with its next position, `offset`: once it has caught up, only how many there were. */
export function resetMarksAt(offset: number, { revision, revisedFrom, ...marks }: ResetMarks): ResetMarks {
  const { decidedTo = -1, compareFrom, redecides } = marks
  const kept = revision === undefined ? {} : { revision, revisedFrom }
  return offset < decidedTo ? { ...kept, decidedTo, compareFrom, redecides } : kept
}

const wholeOnes = (fields: object): Partial<Omit<Position, 'offset'>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => Number.isSafeInteger(value)))
