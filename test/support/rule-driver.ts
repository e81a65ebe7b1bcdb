import type { LogRecord } from '../../src/record/record.ts'
import { type Authenticity, unsigned } from '../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { type TestDriverOptions, TopologyTestDriver } from '../../src/testing/index.ts'

/** A decision as a test looks at it. */
export interface Decided {
  readonly decisionId: string
  readonly outcome: string
  readonly score: number
  readonly fired: readonly {
    readonly rule: string
    readonly reason?: string
    readonly evidence: readonly { readonly id: string; readonly step: string }[]
  }[]
  readonly [field: string]: unknown
}

export interface TestEvent {
  readonly id: string
  readonly type?: string
  readonly kind?: string
  readonly key?: string
  readonly timeMs: number
  readonly payload?: unknown
}

/** Runs a rule file over events, on one partition, by the real compiler and task. */
export class RuleDriver {
  readonly driver: TopologyTestDriver
  readonly #seen = new Set<LogRecord>()

  private constructor(driver: TopologyTestDriver) {
    this.driver = driver
  }

  static async open(
    yaml: string,
    options: TestDriverOptions & { readonly authenticity?: Authenticity } = {},
  ): Promise<RuleDriver> {
    const ruleSet = await loadRuleFiles([{ path: 'rules.yaml', text: yaml }])
    const topology = compileRuleSet({
      ruleSet,
      ruleSetOffset: -1,
      mainTopic: 'main',
      partitions: options.partitions ?? 1,
      mapping: 'headers',
      maxValueBytes: 1 << 20,
      authenticity: options.authenticity ?? unsigned('test'),
      stamp: () => ({}),
    })
    return new RuleDriver(await TopologyTestDriver.open(topology, options))
  }

  /** Sends an event; resolves with the decisions it led to. */
  async send({
    id,
    type = 'card.authorised',
    kind = 'business',
    key = 'k',
    timeMs,
    payload = {},
  }: TestEvent): Promise<Decided[]> {
    const text = { kind, type, id, time: String(timeMs) }
    const headers = Object.fromEntries(Object.entries(text).map(([name, value]) => [name, Buffer.from(value)]))
    await this.driver.pipe({ topic: 'main', key, value: JSON.stringify(payload), headers, timestampMs: timeMs })
    const fresh = this.#decisionRecords().filter((record) => !this.#seen.has(record))
    for (const record of fresh) this.#seen.add(record)
    return fresh.map(decidedIn)
  }

  decisions(): Decided[] {
    return this.#decisionRecords().map(decidedIn)
  }

  #decisionRecords(): LogRecord[] {
    return this.driver.read('main').filter(({ headers }) => headers.kind?.toString() === 'decision')
  }

  close(): Promise<void> {
    return this.driver.close()
  }
}

const decidedIn = ({ value }: LogRecord): Decided => JSON.parse(value!.toString())
