import { nothingRead, type ReadState } from '../decision.ts'
import type { Scope } from '../expression.ts'
import { ownField } from '../expression-path.ts'
import { isExpired } from '../plan.ts'
import type { Rule } from '../rule-set.ts'
import type { ReadyEvent } from './incoming.ts'

/** The paths that the `when` texts of some rules name, sorted. */
export class NamedPaths {
  readonly #rules: readonly Rule[]
  readonly #paths: readonly NamedPath[]
  readonly #tables: ReadonlySet<string>
  readonly #neverExpires: boolean

  constructor(rules: readonly Rule[]) {
    this.#rules = rules
    this.#neverExpires = rules.every((rule) => rule.expiresAtMs === undefined)
    this.#paths = pathsOf(rules)
    this.#tables = tablesIn(this.#paths)
  }

  /** True when a rule that is in force at this time names the type. */
  isDecided(timeMs: number): boolean {
    return this.#neverExpires || this.#rules.some((rule) => !isExpired(rule, timeMs))
  }

  read(timeMs: number, scope: Scope, rows: ReadyEvent['rows']): ReadState {
    if (this.#paths.length === 0) return nothingRead
    const inForce = this.#neverExpires ? this.#rules : this.#rules.filter((rule) => !isExpired(rule, timeMs))
    const paths = this.#neverExpires ? this.#paths : pathsOf(inForce)
    const tables = this.#neverExpires ? this.#tables : tablesIn(paths)
    const features: Record<string, unknown> = {}
    const absent: string[] = []
    for (const path of paths) {
      const value = ownField(scope, path.names)
      if (value === undefined) absent.push(path.text)
      else if (path.feature !== undefined) features[path.feature] = value
    }
    return { features, absent, rows: rows.length === 0 ? rows : namedRows(rows, tables) }
  }
}

/** A path such as `e.geo.lat`, taken apart once. */
interface NamedPath {
  readonly text: string
  readonly names: readonly string[]
  /** Of a path that begins with `f.`. */
  readonly feature: string | undefined
}

const pathsOf = (rules: readonly Rule[]): readonly NamedPath[] =>
  [...new Set(rules.flatMap((rule) => (rule.kind === 'event' ? rule.when.reads : [])))]
    .filter((path) => path !== 'key')
    .sort()
    .map((text) => ({
      text,
      names: text.split('.'),
      feature: text.startsWith('f.') ? text.slice(2) : undefined,
    }))

const tablesIn = (paths: readonly NamedPath[]): ReadonlySet<string> =>
  new Set(paths.flatMap(({ names: [root, table] }) => (root === 't' && table !== undefined ? [table] : [])))

const namedRows = (rows: ReadyEvent['rows'], tables: ReadonlySet<string>): ReadyEvent['rows'] =>
  rows.filter((row) => tables.has(row.table)).toSorted((a, b) => (a.table < b.table ? -1 : 1))
