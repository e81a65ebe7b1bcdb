import { FieldView, type Viewable } from './field-view.ts'

/** What of a record its value is read from. */
export interface WithValue {
  readonly value: Buffer | null
  readonly inPlace?: Viewable
}

const shared = new FieldView()

/** The record's value, `undefined` when it is null. To be read before the next value is asked for: there is only one view. */
export function viewOfValue(record: WithValue): FieldView | undefined {
  if (record.inPlace !== undefined) return record.inPlace.viewValue(shared) ? shared : undefined
  const { value } = record
  if (value === null) return undefined
  shared.moveTo(value)
  return shared
}
