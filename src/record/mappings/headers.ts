import { isKeyed, kindOf } from '../head.ts'
import { HeaderHead } from '../header-head.ts'
import { headerNames } from '../headers.ts'
import { viewOfHeader, viewOfKey } from '../in-place.ts'
import { type Ingested, refused } from '../ingested.ts'
import { InternedTexts } from '../interned.ts'
import { JsonPayload } from '../payload.ts'
import type { LogRecord } from '../record.ts'
import { isText, quoted } from '../text.ts'
import { timeInHeader } from '../time-header.ts'

const types = new InternedTexts()

/** Reads a record that says itself what it is, by Weir's headers. Does not touch the value. (docs/rules.md, records) */
export function readByHeaders(record: LogRecord): Ingested {
  const kindHeader = viewOfHeader(record, headerNames.kind)
  if (kindHeader === undefined || kindHeader.length === 0) {
    return refused(
      'missing-kind',
      'the record has no kind header, and no ingress mapping is configured for such records',
    )
  }
  const kind = kindOf(kindHeader)
  if (kind === undefined) return refused('unknown-kind', `the kind is ${quoted(kindHeader.text())}`)
  const typeHeader = viewOfHeader(record, headerNames.type)
  const type = typeHeader === undefined ? undefined : types.read(typeHeader)
  if (!type) return refused('missing-type', 'the type header is missing, empty or not UTF-8', { kind })
  const id = viewOfHeader(record, headerNames.id)
  if (id === undefined || id.length === 0 || !isText(id.bytes, id.from, id.to))
    return refused('missing-id', 'the id header is missing, empty or not UTF-8', { kind, type })
  const textId = (): string => viewOfHeader(record, headerNames.id)!.text()
  const key = viewOfKey(record)
  if (isKeyed(kind) && (key === undefined || key.length === 0)) {
    return refused('missing-key', `a ${kind} record needs a key`, { kind, type, id: textId() })
  }
  if (key !== undefined && !isText(key.bytes, key.from, key.to)) {
    return refused('invalid-key', 'the key is not UTF-8 text', { kind, type, id: textId() })
  }
  const time = viewOfHeader(record, headerNames.time)
  const timeMs = time === undefined ? undefined : timeInHeader(time.bytes, time.from, time.to)
  if (timeMs === undefined) {
    const detail = time === undefined ? 'the record has no time header' : `the time is ${quoted(time.text('latin1'))}`
    return refused('invalid-time', detail, { kind, type, id: textId(), key: viewOfKey(record)?.text() ?? '' })
  }
  return {
    verdict: 'accepted',
    head: new HeaderHead(kind, type, timeMs, record),
    payload: new JsonPayload(record),
  }
}
