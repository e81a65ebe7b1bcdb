import { parseTimeHeader } from '../../time/event-time.ts'
import { HeaderHead, isFilled, isKeyed, kindOf } from '../head.ts'
import { headerNames } from '../headers.ts'
import { type Ingested, refused } from '../ingested.ts'
import { JsonPayload } from '../payload.ts'
import type { LogRecord } from '../record.ts'
import { isText, quoted } from '../text.ts'

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
  if (!isFilled(typeBytes)) return refused('missing-type', 'the type header is missing, empty or not UTF-8', { kind })
  const type = typeBytes.toString('utf8')
  const id = headers[headerNames.id]
  if (!isFilled(id)) return refused('missing-id', 'the id header is missing, empty or not UTF-8', { kind, type })
  if (isKeyed(kind) && (key === null || key.length === 0)) {
    return refused('missing-key', `a ${kind} record needs a key`, { kind, type, id: id.toString('utf8') })
  }
  if (key !== null && !isText(key)) {
    return refused('invalid-key', 'the key is not UTF-8 text', { kind, type, id: id.toString('utf8') })
  }
  const timeText = headers[headerNames.time]?.toString('latin1')
  const timeMs = timeText === undefined ? undefined : parseTimeHeader(timeText)
  if (timeMs === undefined) {
    const detail = timeText === undefined ? 'the record has no time header' : `the time is ${quoted(timeText)}`
    return refused('invalid-time', detail, { kind, type, id: id.toString('utf8'), key: key?.toString('utf8') ?? '' })
  }
  return {
    verdict: 'accepted',
    head: new HeaderHead(kind, type, timeMs, { id, key }),
    payload: new JsonPayload(record.value),
  }
}
