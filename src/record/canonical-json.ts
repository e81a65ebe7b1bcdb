import { SerdeError } from '../errors.ts'

/** Deep enough for any record Weir writes, shallow enough for the stack; also ends on a value that contains itself. */
const maxDepth = 1_000
/** Below this length looking at each character is faster than a call of JSON.stringify. */
const shortLength = 32

function writeString(text: string): string {
  if (text.length < shortLength) {
    let i = 0
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) break
    }
    if (i === text.length) return `"${text}"`
  }
  if (!text.isWellFormed())
    throw new SerdeError('half a surrogate pair has no canonical JSON; use toWellFormed() first')
  return JSON.stringify(text)
}

/** By UTF-16 code units, which is how `<` and `sort` compare strings. Most objects are written in order already. */
function sortedKeys(object: object): string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}

function writeObject(object: object, depth: number): string {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new SerdeError(
      `${object.constructor?.name ?? 'an object with a prototype'} has no canonical JSON; use plain data`,
    )
  }
  let text = ''
  for (const key of sortedKeys(object)) {
    const value = (object as Readonly<Record<string, unknown>>)[key]
    if (value !== undefined) text += `${text === '' ? '' : ','}${writeString(key)}:${write(value, depth + 1)}`
  }
  return `{${text}}`
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new SerdeError(`${value} has no canonical JSON; JSON numbers are finite`)
    return String(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object') throw new SerdeError(`a value of type ${typeof value} has no canonical JSON`)
  if (depth > maxDepth) throw new SerdeError(`a value nested deeper than ${maxDepth} levels has no canonical JSON`)
  if (!Array.isArray(value)) return writeObject(value, depth)
  let text = ''
  for (let i = 0; i < value.length; i++) text += `${i === 0 ? '' : ','}${write(value[i], depth + 1)}`
  return `[${text}]`
}

/**
 * Writes plain data as canonical JSON (RFC 8785): members sorted by UTF-16 code units, numbers as ECMAScript prints
 * them, −0 as 0, no white space. Members whose value is `undefined` are left out.
 *
 * @throws SerdeError for what JSON cannot hold: NaN and infinities, half surrogate pairs, bigints, functions, `undefined`
 *   in arrays or alone, objects of classes, cycles
 */
export const canonicalJson = (value: unknown): string => write(value, 0)
