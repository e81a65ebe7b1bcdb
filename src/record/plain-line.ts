import { parseEventTime } from '../time/event-time.ts'
import { coordinatesOf, type DecodedLine, decodeLine, maxLineLength } from './decode-line.ts'
import { isKeyed, type Kind, kinds } from './head.ts'
import type { Accepted } from './ingested.ts'
import { nestsDeeperThan } from './nesting.ts'
import { isObject, type JsonObject, maxPayloadDepth, ReadPayload } from './payload.ts'
import type { Headers, LogRecord, TopicPartition } from './record.ts'

/** What most lines say, read by one parse. */
export interface PlainLineParts {
  readonly text: string
  readonly partition: number | undefined
  readonly offset: number | undefined
  readonly timestampMs: number | undefined
  readonly kind: Kind
  readonly type: string
  readonly id: string
  readonly key: string
  readonly timeMs: number
  readonly payload: JsonObject
}

const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== ''

/**
 * Reads a line that is a business or data record of which ingress would accept everything; `undefined` for any other, and
 * for those few whose text needs a closer look: `decodeLine` reads them.
 */
export function readPlainLine(text: string): PlainLineParts | undefined {
  // Escaped letters may be half surrogate pairs.
  if (text.length > maxLineLength || text.includes('\\u') || !text.isWellFormed()) return undefined
  if (nestsDeeperThan(text, maxPayloadDepth)) return undefined
  let line: unknown
  try {
    line = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(line)) return undefined
  const { kind, type, id, key, payload } = line
  if (!isFilled(kind) || !isFilled(type) || !isFilled(id) || !isFilled(key) || !isObject(payload)) return undefined
  if (!kinds.includes(kind as Kind) || !isKeyed(kind as Kind)) return undefined
  const timeMs = parseEventTime(line.time)
  const coordinates = coordinatesOf(line)
  if (timeMs === undefined || typeof coordinates === 'string') return undefined
  const { partition, offset, timestampMs } = coordinates
  return { text, kind: kind as Kind, type, id, key, timeMs, payload, partition, offset, timestampMs }
}

/** A plain line at its place in a log. The bytes that a log would hold are made when somebody asks. */
export class PlainLine implements LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly ingested: Accepted
  readonly #text: string
  #decoded: DecodedLine | undefined

  constructor(parts: PlainLineParts, { topic, partition, offset }: TopicPartition & { readonly offset: number }) {
    const { kind, type, id, key, timeMs, payload } = parts
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.timestampMs = parts.timestampMs ?? timeMs
    this.ingested = { verdict: 'accepted', head: { kind, type, id, key, timeMs }, payload: new ReadPayload(payload) }
    this.#text = parts.text
  }

  get key(): Buffer | null {
    return this.#bytes.key
  }

  get value(): Buffer | null {
    return this.#bytes.value
  }

  get headers(): Headers {
    return this.#bytes.headers
  }

  get #bytes(): DecodedLine {
    this.#decoded ??= decodeLine(this.#text)
    return this.#decoded
  }
}
