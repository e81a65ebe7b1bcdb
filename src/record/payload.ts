import { SerdeError } from '../errors.ts'
import type { FieldView } from './field-view.ts'
import { nestsDeeperThan } from './nesting.ts'
import type { Rejection, RejectReason } from './reject.ts'
import { decodeText } from './text.ts'
import { viewOfValue, type WithValue } from './value-in-place.ts'

/** How deep a payload may nest; the payload itself is level 1. */
export const maxPayloadDepth = 64

export type JsonObject = Record<string, unknown>

/** A payload cannot be read: its record is dead-lettered with `reason`. */
export class PayloadError extends SerdeError {
  readonly reason: RejectReason

  constructor({ reason, detail }: Rejection) {
    super(detail)
    this.reason = reason
  }
}

export type PayloadResult = { readonly ok: true; readonly value: JsonObject } | ({ readonly ok: false } & Rejection)

/** A record's value, read when somebody asks and then once. Whoever gets the object leaves it unchanged. */
export interface LazyPayload {
  /** The payload, or why it cannot be read: `not-json`, `payload-not-object` or `too-deep`. */
  read(): PayloadResult
  /** @throws PayloadError where `read` says why not */
  object(): JsonObject
  /** Its bytes where nobody has read them; `undefined` where there are none. To be read before the next view is asked for. */
  unread(): FieldView | undefined
}

const failure = (reason: RejectReason, detail: string): PayloadResult => ({ ok: false, reason, detail })

/** V8's message quotes the text, which may be personal data: only the position is passed on. */
function syntaxDetail(error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined ? 'the value is not JSON' : `the value is not JSON from character ${position} on`
}

/** Half surrogate pairs come from text cut within an emoji; as invalid UTF-8 would, they read as U+FFFD. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]))
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads JSON text whose value is an object, at most `maxPayloadDepth` deep. Of members with the same name the last counts,
 * `__proto__` is a member like any other, and strings are well formed: an escaped half surrogate pair reads as U+FFFD.
 */
export function parseObject(text: string): PayloadResult {
  if (nestsDeeperThan(text, maxPayloadDepth)) {
    return failure('too-deep', `the value nests deeper than ${maxPayloadDepth} levels`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return failure('not-json', syntaxDetail(error))
  }
  if (!isObject(value)) return failure('payload-not-object', 'the value is JSON, but not an object')
  const hasSurrogates = text.includes('\\u') && /\\ud[89a-f]/i.test(text)
  return { ok: true, value: hasSurrogates ? (wellFormed(value) as JsonObject) : value }
}

function parseValue(record: WithValue): PayloadResult {
  const value = viewOfValue(record)
  if (value === undefined) return failure('payload-not-object', 'the record has no value')
  const text = decodeText(value.bytes, value.from, value.to)
  return text === undefined ? failure('not-json', 'the value is not UTF-8') : parseObject(text)
}

abstract class Payload implements LazyPayload {
  abstract read(): PayloadResult
  abstract unread(): FieldView | undefined

  object(): JsonObject {
    const result = this.read()
    if (result.ok) return result.value
    throw new PayloadError(result)
  }
}

/** A payload still in bytes: the value of a record. */
export class JsonPayload extends Payload {
  readonly #record: WithValue
  #result: PayloadResult | undefined

  constructor(record: WithValue) {
    super()
    this.#record = record
  }

  override read(): PayloadResult {
    this.#result ??= parseValue(this.#record)
    return this.#result
  }

  override unread(): FieldView | undefined {
    return this.#result === undefined ? viewOfValue(this.#record) : undefined
  }
}

/** A payload that a mapping has read already. */
export class ReadPayload extends Payload {
  readonly #result: PayloadResult

  constructor(value: JsonObject) {
    super()
    this.#result = { ok: true, value }
  }

  override read(): PayloadResult {
    return this.#result
  }

  override unread(): undefined {
    return undefined
  }
}
