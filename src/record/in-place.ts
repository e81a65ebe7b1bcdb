import { FieldView } from './field-view.ts'
import type { LogRecord } from './record.ts'

const shared = new FieldView()

/** The record's header, `undefined` when it has none. To be read before the next view is asked for: there is only one. */
export function viewOfHeader(record: LogRecord, name: string): FieldView | undefined {
  if (record.inPlace !== undefined) return record.inPlace.viewHeader(name, shared) ? shared : undefined
  return viewOf(record.headers[name])
}

/** The record's key, `undefined` when it is null. To be read before the next view is asked for: there is only one. */
export function viewOfKey(record: LogRecord): FieldView | undefined {
  if (record.inPlace !== undefined) return record.inPlace.viewKey(shared) ? shared : undefined
  return viewOf(record.key)
}

function viewOf(bytes: Buffer | null | undefined): FieldView | undefined {
  if (bytes === null || bytes === undefined) return undefined
  shared.moveTo(bytes)
  return shared
}
