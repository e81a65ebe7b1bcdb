/** What people see in the place of personal data. */
export const masked = '***'

const replaced = (value: unknown): unknown => (value === undefined || value === null ? value : masked)

/** A copy of the fields with the values of those named in `pii` masked, whatever they are; what is absent stays absent. */
export function maskFields(
  fields: Readonly<Record<string, unknown>>,
  pii: ReadonlySet<string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, pii.has(name) ? replaced(value) : value]),
  )
}

/** The texts of a value that a person could read in a message: itself, or each part of a list or point. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value, JSON.stringify(value).slice(1, -1)]
  if (typeof value === 'number') return [String(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * The text with every occurrence of the values masked, longest first so that none shows through another's remains. For
 * messages that were made elsewhere; booleans and empty text cannot be told from the message and stay.
 */
export function maskIn(text: string, values: readonly unknown[]): string {
  const texts = values.flatMap(textsOf).filter((part) => part !== '')
  const longestFirst = [...new Set(texts)].sort((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return text
  const pattern = longestFirst.map((part) => escaped(part)).join('|')
  return text.replace(new RegExp(pattern, 'g'), masked)
}
