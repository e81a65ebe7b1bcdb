/** A field of what is signed; `undefined` and `null` differ from an empty one. */
export type SignedField = Buffer | string | number | null | undefined

const absent = 0xffffffff

function fieldLength(field: Buffer | string | null): number {
  if (field === null) return 0
  return typeof field === 'string' ? Buffer.byteLength(field) : field.length
}

/**
 * The bytes that a signature or MAC covers: a domain, then each field behind its length, so that no two lists of fields
 * give the same bytes, and nothing made for one purpose serves another.
 */
export function signedBytes(domain: string, fields: readonly SignedField[]): Buffer {
  const plain = [domain, ...fields].map((field) => (typeof field === 'number' ? String(field) : (field ?? null)))
  const lengths = plain.map(fieldLength)
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0))
  let at = 0
  for (const [index, field] of plain.entries()) {
    at = bytes.writeUInt32BE(field === null ? absent : lengths[index]!, at)
    if (typeof field === 'string') bytes.write(field, at)
    else if (field !== null) bytes.set(field, at)
    at += lengths[index]!
  }
  return bytes
}
