import { suggestion } from '../suggest.ts'
import type { Issues } from './issues.ts'
import { type Place, placeName } from './source-file.ts'
import type { Entry, Tree } from './tree.ts'

export interface Named extends Entry {
  readonly name: string
}

/** All files' sections, merged in the order of the files. */
export interface Sections {
  readonly options: readonly Named[]
  readonly events: readonly Named[]
  readonly tables: readonly Named[]
  readonly lists: readonly Named[]
  readonly features: readonly Named[]
  readonly rules: readonly Tree[]
  readonly tests: readonly Tree[]
}

const maps = ['options', 'events', 'tables', 'lists', 'features'] as const
const sequences = ['rules', 'tests'] as const
const known = ['version', ...maps, ...sequences]

/** What each section holds at most: far beyond what people write, and still checked within seconds. */
const most: Readonly<Record<(typeof maps)[number] | (typeof sequences)[number], number>> = {
  options: 100,
  events: 2_000,
  tables: 500,
  lists: 1_000,
  features: 1_000,
  rules: 2_000,
  tests: 5_000,
}

/** Merges the sections of all files; the same name twice is an error that points at both places. */
export function mergeSections(files: readonly Tree[], issues: Issues): Sections {
  const merged = {
    options: [] as Named[],
    events: [] as Named[],
    tables: [] as Named[],
    lists: [] as Named[],
    features: [] as Named[],
    rules: [] as Tree[],
    tests: [] as Tree[],
  }
  for (const tree of files) {
    if (tree.kind !== 'map') {
      issues.error(tree, 'wrong-type', 'a rule file is a map of sections', `sections: ${known.join(', ')}`)
      continue
    }
    for (const [key, entry] of tree.entries) {
      const map = maps.find((name) => name === key)
      const sequence = sequences.find((name) => name === key)
      if (map !== undefined) addNamed(merged[map], map, entry, issues)
      else if (sequence !== undefined) addItems(merged[sequence], sequence, entry, issues)
      else if (key === 'version') checkVersion(entry.value, issues)
      else issues.error(entry.key, 'unknown-key', `there is no section ${key}`, suggestion(key, known, 'sections'))
    }
  }
  return merged
}

const isNothing = (tree: Tree): boolean => tree.kind === 'scalar' && tree.value === null

function addNamed(into: Named[], section: (typeof maps)[number], { value }: Entry, issues: Issues): void {
  if (isNothing(value)) return
  if (value.kind !== 'map') {
    issues.error(value, 'wrong-type', `${section} is a map of names`, `write ${section}: {name: …}`)
    return
  }
  const places = new Map(into.map((item) => [item.name, item.key]))
  for (const [name, entry] of value.entries) {
    const earlier = places.get(name)
    if (earlier !== undefined) reportTwice(name, entry.key, earlier, issues)
    else if (into.length >= most[section]) return tooMany(section, entry.key, issues)
    else into.push({ name, ...entry })
  }
}

function addItems(into: Tree[], section: (typeof sequences)[number], { value }: Entry, issues: Issues): void {
  if (isNothing(value)) return
  if (value.kind !== 'list') {
    issues.error(value, 'wrong-type', `${section} is a list`, `begin each of the ${section} with a dash`)
    return
  }
  for (const item of value.items) {
    if (into.length >= most[section]) return tooMany(section, item, issues)
    into.push(item)
  }
}

function tooMany(section: keyof typeof most, place: Place, issues: Issues): void {
  issues.error(place, 'too-many', `a rule set holds at most ${most[section]} ${section}`, 'remove what nobody needs')
}

export function reportTwice(name: string, place: Place, earlier: Place, issues: Issues): void {
  const message = `${name} is there twice, first at ${placeName(earlier)}`
  issues.error(place, 'duplicate-name', message, 'remove or rename one of the two')
}

function checkVersion(tree: Tree, issues: Issues): void {
  if (tree.kind === 'scalar' && tree.value === 1) return
  issues.error(tree, 'unknown-value', 'this version of rule files is not known', 'write version: 1')
}
