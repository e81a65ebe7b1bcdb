import { isObject } from '../payload.ts'
import { decodeText } from '../text.ts'

export type MappedKey =
  | { readonly ok: true; readonly key: string }
  | { readonly ok: false; readonly reason: 'missing-key' | 'invalid-key'; readonly detail: string }

const invalid = (detail: string): MappedKey => ({ ok: false, reason: 'invalid-key', detail })

function ofField(value: unknown): MappedKey {
  if (typeof value === 'string') {
    if (value === '') return { ok: false, reason: 'missing-key', detail: 'the key is empty' }
    return { ok: true, key: value.toWellFormed() }
  }
  if (typeof value === 'number' && Number.isSafeInteger(value)) return { ok: true, key: String(value) }
  return invalid('the JSON key is neither text nor a whole number below 2^53')
}

/** The key inside JSON: with or without schema envelope, a bare value or an object of one field. */
function ofJson(json: unknown): MappedKey {
  const inner = isObject(json) && 'schema' in json && 'payload' in json ? json.payload : json
  if (!isObject(inner)) return ofField(inner)
  const fields = Object.values(inner)
  if (fields.length === 1) return ofField(fields[0])
  return invalid(`the JSON key has ${fields.length} fields; re-key the records to the customer id in Kafka Connect`)
}

/**
 * The customer's key in a Debezium record's key: plain text as it is, or the value of a JSON key with exactly one field.
 * Text that begins like a JSON object or string is taken for JSON.
 */
export function mapKey(bytes: Buffer | null): MappedKey {
  if (bytes === null || bytes.length === 0)
    return { ok: false, reason: 'missing-key', detail: 'a data record needs a key' }
  const text = decodeText(bytes)
  if (text === undefined) return invalid('the key is not UTF-8 text')
  if (text[0] !== '{' && text[0] !== '"') return { ok: true, key: text }
  try {
    return ofJson(JSON.parse(text))
  } catch {
    return invalid('the key begins like JSON, but is not JSON')
  }
}
