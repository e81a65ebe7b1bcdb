/** RFC 8785: keys sorted by UTF-16 code units, no blanks, numbers and strings as ECMAScript writes them. */
export function oracleCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oracleCanonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${oracleCanonicalJson(member)}`).join(',')}}`
}
