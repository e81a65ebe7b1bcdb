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
  #seen = 0

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
    const all = this.decisions()
    const fresh = all.slice(this.#seen)
    this.#seen = all.length
    return fresh
  }

  decisions(): Decided[] {
    return this.driver
      .read('main')
      .filter(({ headers }) => headers.kind?.toString() === 'decision')
      .map(({ value }) => JSON.parse(value!.toString()))
  }

  close(): Promise<void> {
    return this.driver.close()
  }
}
