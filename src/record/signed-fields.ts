/** A field of what is signed; `undefined` and `null` differ from an empty one. */
export type SignedField = Buffer | string | number | null | undefined

function fieldBytes(field: SignedField): Buffer | null {
  if (field === undefined || field === null) return null
  return Buffer.isBuffer(field) ? field : Buffer.from(String(field))
}

const absent = 0xffffffff

/**
 * The bytes that a signature or MAC covers: a domain, then each field behind its length, so that no two lists of fields
 * give the same bytes, and nothing made for one purpose serves another.
 */
export function signedBytes(domain: string, fields: readonly SignedField[]): Buffer {
  const parts: Buffer[] = []
  for (const bytes of [domain, ...fields].map(fieldBytes)) {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(bytes?.length ?? absent)
    parts.push(length)
    if (bytes !== null) parts.push(bytes)
  }
  return Buffer.concat(parts)
}
