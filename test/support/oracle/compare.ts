/** A decision as somebody found it on main or expected it there. */
export interface ComparedDecision {
  readonly key: string
  readonly id: string
  readonly value: string | Uint8Array
}

const textOf = (value: string | Uint8Array): string =>
  typeof value === 'string' ? value : new TextDecoder().decode(value)

const sameBytes = (a: string | Uint8Array, b: string | Uint8Array): boolean => Buffer.from(a).equals(Buffer.from(b))

/**
 * Compares decisions partition by partition, in order: ids, keys and the values' bytes. The answer is `undefined` when
 * all are equal, otherwise a text that shows the first difference and the field it lies in.
 */
export function firstDifference(
  found: readonly (readonly ComparedDecision[])[],
  expected: readonly (readonly ComparedDecision[])[],
): string | undefined {
  if (found.length !== expected.length) return `found ${found.length} partitions, expected ${expected.length}`
  for (const [partition, wanted] of expected.entries()) {
    const had = found[partition]!
    const index = wanted.findIndex((decision, at) => !isSame(had[at], decision))
    if (index < 0 && had.length === wanted.length) continue
    const at = index < 0 ? wanted.length : index
    const head = `partition ${partition}, decision ${at} (found ${had.length}, expected ${wanted.length}): `
    return head + describe(had, wanted, at)
  }
  return undefined
}

const isSame = (a: ComparedDecision | undefined, b: ComparedDecision): boolean =>
  a !== undefined && a.id === b.id && a.key === b.key && sameBytes(a.value, b.value)

function describe(found: readonly ComparedDecision[], expected: readonly ComparedDecision[], at: number): string {
  const had = found[at]
  const wanted = expected[at]
  if (wanted === undefined) return `${had!.id} should not be there\n  found    ${textOf(had!.value)}`
  if (had === undefined) return `${wanted.id} is missing at the end\n  expected ${textOf(wanted.value)}`
  const values = `\n  found    ${textOf(had.value)}\n  expected ${textOf(wanted.value)}`
  if (had.id !== wanted.id) {
    const later = found.findIndex(({ id }) => id === wanted.id)
    if (later >= 0) return `${had.id} stands where ${wanted.id} should, which comes at ${later}${values}`
    return `${wanted.id} is missing, ${had.id} stands there${values}`
  }
  if (had.key !== wanted.key) return `${wanted.id} has the key ${had.key} instead of ${wanted.key}${values}`
  return `${wanted.id} differs in ${differingPath(had, wanted)}${values}`
}

function differingPath(had: ComparedDecision, wanted: ComparedDecision): string {
  try {
    return pathOfDifference(JSON.parse(textOf(had.value)), JSON.parse(textOf(wanted.value)), '') ?? 'its bytes alone'
  } catch {
    return 'that it is no JSON'
  }
}

/** The first place, in order of names, where two JSON values differ. */
function pathOfDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (Object.is(a, b)) return undefined
  const areObjects = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null
  if (!areObjects || Array.isArray(a) !== Array.isArray(b))
    return `${path || 'everything'}: ${JSON.stringify(a)} instead of ${JSON.stringify(b)}`
  const left = new Map(Object.entries(a))
  const right = new Map(Object.entries(b))
  for (const name of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const found = pathOfDifference(left.get(name), right.get(name), path === '' ? name : `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}
