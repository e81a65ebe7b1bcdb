/**
 * A value as part of a state key: typed, so that 1 is not "1", and one text for each value. `undefined` for whatever no
 * key can be made of (absent, NaN, a list, a geo): such a value equals nothing.
 */
export function typedKey(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      // Stores write keys as UTF-8, which has no lone surrogates: JSON's escapes keep two such strings apart.
      return value.isWellFormed() ? `s${value}` : `u${JSON.stringify(value)}`
    case 'number':
      return Number.isNaN(value) ? undefined : `n${value === 0 ? 0 : value}`
    case 'boolean':
      return value ? 'bt' : 'bf'
    default:
      return undefined
  }
}

/** Joins parts into one key; different parts give different keys, whatever characters they hold. */
export function compositeKey(parts: readonly string[]): string {
  let key = ''
  for (const part of parts) key += `${part.length}:${part}`
  return key
}
