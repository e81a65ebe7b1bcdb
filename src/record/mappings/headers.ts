import { HeaderHead, isFilled, isKeyed, kindOf } from '../head.ts'
import { headerNames } from '../headers.ts'
import { type Ingested, refused } from '../ingested.ts'
import { InternedTexts } from '../interned.ts'
import { JsonPayload } from '../payload.ts'
import type { LogRecord } from '../record.ts'
import { isText, quoted } from '../text.ts'
import { timeInHeader } from '../time-header.ts'

const types = new InternedTexts()

/** Reads a record that says itself what it is, by Weir's headers. Does not touch the value. (docs/rules.md, records) */
export function readByHeaders(record: LogRecord): Ingested {
  const { headers, key } = record
  const kindBytes = headers[headerNames.kind]
  if (kindBytes === undefined || kindBytes.length === 0) {
    return refused(
      'missing-kind',
      'the record has no kind header, and no ingress mapping is configured for such records',
    )
  }
  const kind = kindOf(kindBytes)
  if (kind === undefined) return refused('unknown-kind', `the kind is ${quoted(kindBytes.toString())}`)
  const typeBytes = headers[headerNames.type]
  const type = typeBytes === undefined ? undefined : types.read(typeBytes)
  if (!type) return refused('missing-type', 'the type header is missing, empty or not UTF-8', { kind })
  const id = headers[headerNames.id]
  if (!isFilled(id)) return refused('missing-id', 'the id header is missing, empty or not UTF-8', { kind, type })
  if (isKeyed(kind) && (key === null || key.length === 0)) {
    return refused('missing-key', `a ${kind} record needs a key`, { kind, type, id: id.toString('utf8') })
  }
  if (key !== null && !isText(key)) {
    return refused('invalid-key', 'the key is not UTF-8 text', { kind, type, id: id.toString('utf8') })
  }
  const timeBytes = headers[headerNames.time]
  const timeMs = timeBytes === undefined ? undefined : timeInHeader(timeBytes)
  if (timeMs === undefined) {
    const detail =
      timeBytes === undefined ? 'the record has no time header' : `the time is ${quoted(timeBytes.toString('latin1'))}`
    return refused('invalid-time', detail, { kind, type, id: id.toString('utf8'), key: key?.toString('utf8') ?? '' })
  }
  return {
    verdict: 'accepted',
    head: new HeaderHead(kind, type, timeMs, { id, key }),
    payload: new JsonPayload(record.value),
  }
}
