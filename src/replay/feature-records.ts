import { featureTypePrefix, headerNames, isResult } from '../record/ingress.ts'
import type { LogRecord } from '../record/record.ts'
import { definitionHeader, globalDefinition } from '../rules/operators/global-definition.ts'
import { planOf } from '../rules/plan.ts'
import type { RuleSet } from '../rules/rule-set.ts'

/**
 * Finds out which global features the input brings the results of, as an export of a log does: those are used as they are, the
 * others worked out. A feature's results are there when a record of it comes from the same definition (or does not say), and
 * those of all features when there are decisions by this very rule set.
 */
export class FeatureRecords {
  /** The definition's hash by feature. */
  readonly #definitions: ReadonlyMap<string, string>
  readonly #ruleSetHash: string
  readonly #recorded = new Set<string>()

  constructor(ruleSet: RuleSet) {
    const { globals } = planOf(ruleSet)
    const { graceMs } = ruleSet.options
    this.#definitions = new Map(globals.map((feature) => [feature.name, globalDefinition(feature, graceMs).hash]))
    this.#ruleSetHash = ruleSet.hash
  }

  /** Global features that some rule reads, in the order of the rule set. */
  get all(): readonly string[] {
    return [...this.#definitions.keys()]
  }

  get recorded(): readonly string[] {
    return this.all.filter((name) => this.#recorded.has(name))
  }

  look(record: LogRecord): void {
    if (record.headers[headerNames.kind]?.toString() === 'decision') {
      if (record.value?.includes(this.#ruleSetHash)) for (const name of this.all) this.#recorded.add(name)
      return
    }
    const name = featureOf(record)
    const hash = name === undefined ? undefined : this.#definitions.get(name)
    if (name === undefined || hash === undefined) return
    if ((record.headers[definitionHeader]?.toString() ?? hash) === hash) this.#recorded.add(name)
  }
}

/** The feature whose result a record carries. */
export function featureOf({ headers }: LogRecord): string | undefined {
  const type = headers[headerNames.type]?.toString()
  if (type === undefined || headers[headerNames.kind]?.toString() !== 'business') return undefined
  return isResult({ kind: 'business', type }) ? type.slice(featureTypePrefix.length) : undefined
}
