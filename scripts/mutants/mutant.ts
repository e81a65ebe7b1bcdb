/** A fault to plant in the engine, and the tests that must notice it. */
export interface Mutant {
  /** Short and stable: what `--only` takes. */
  readonly id: string
  /** The fault, in one plain sentence. */
  readonly what: string
  /** From the repository's root. */
  readonly file: string
  /** Text that occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Test files that are run against the fault. */
  readonly tests: readonly string[]
  /** The vitest project that they belong to. */
  readonly project: 'unit' | 'property'
}

/** Faults of one file that the same tests notice, with less to write. */
export const faultsIn =
  (file: string, tests: readonly string[], project: Mutant['project'] = 'unit') =>
  (fault: Pick<Mutant, 'id' | 'what' | 'find' | 'replace'> & Partial<Pick<Mutant, 'tests' | 'project'>>): Mutant => ({
    file,
    tests,
    project,
    ...fault,
  })

/** How often a text occurs in another, overlaps not counted. */
export const occurrences = (source: string, text: string): number => source.split(text).length - 1

/** @throws RangeError unless the text to replace occurs exactly once */
export function planted({ id, file, find, replace }: Mutant, source: string): string {
  const count = occurrences(source, find)
  if (count !== 1)
    throw new RangeError(`${id}: the text to replace occurs ${count} times in ${file}; make it occur once`)
  return source.replace(find, () => replace)
}
