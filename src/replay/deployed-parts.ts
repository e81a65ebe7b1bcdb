import type { LogRecord } from '../record/record.ts'
import { believed } from '../rules/authenticity.ts'
import { compileRuleSet } from '../rules/compiler.ts'
import { loadContent } from '../rules/deploy/rule-set-content.ts'
import { loadRuleFiles } from '../rules/loader.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { stateEngine } from '../state/engines/index.ts'
import { ReplayTask } from '../task/replay-task.ts'
import type { Deployment } from '../topology/deployment.ts'

/** A rule set that an input deploys, with the part of each partition in which it decides. */
export interface DeployedPart {
  readonly ruleSet: RuleSet
  /** By partition; where it was never activated, there is none. Both bounds exclusive; without `before` to the end. */
  readonly decides: ReadonlyMap<number, { readonly after: number; readonly before?: number }>
}

/** Finds the rule sets that control records in an input activate, as the live task would: by the same operators. */
export class DeployedParts {
  readonly #topic: string
  readonly #partitions: number
  readonly #tasks = new Map<number, ReplayTask>()
  /** By partition, in order. */
  readonly #activations = new Map<number, Deployment[]>()

  constructor({ topic, partitions }: { readonly topic: string; readonly partitions: number }) {
    this.#topic = topic
    this.#partitions = partitions
  }

  /** Takes note of a record; each partition's in offset order. */
  async look(record: LogRecord): Promise<void> {
    if (record.headers.kind?.toString() !== 'control') return
    const { partition } = record
    const task = this.#tasks.get(partition) ?? (await this.#open(partition))
    await task.process([record])
    const { active } = task.deployments
    const known = this.#activations.get(partition) ?? []
    if (active === undefined || active.offset === known.at(-1)?.offset) return
    this.#activations.set(partition, [...known, active])
  }

  /** In the order in which they were activated. */
  found(): DeployedPart[] {
    const parts = new Map<string, { ruleSet: RuleSet; decides: Map<number, { after: number; before?: number }> }>()
    for (const [partition, activations] of this.#activations) {
      for (const [index, { id, hash, content, offset: after }] of activations.entries()) {
        const loaded = loadContent(content, hash)
        if (!loaded.ok) throw new Error(`an accepted rule set does not load: ${loaded.detail}`)
        const part = parts.get(id) ?? { ruleSet: loaded.ruleSet, decides: new Map() }
        const before = activations[index + 1]?.offset
        part.decides.set(partition, before === undefined ? { after } : { after, before: before + 1 })
        parts.set(id, part)
      }
    }
    return [...parts.values()]
  }

  async close(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.close()))
  }

  async #open(partition: number): Promise<ReplayTask> {
    const { subTopologies } = compileRuleSet({
      ruleSet: nothing,
      ruleSetOffset: -1,
      mainTopic: this.#topic,
      partitions: this.#partitions,
      mapping: 'headers',
      maxValueBytes: Number.POSITIVE_INFINITY,
      authenticity: believed,
      stamp: () => ({}),
    })
    const engine = stateEngine('memory')
    const task = await ReplayTask.open({ topology: subTopologies[0]!, partition, engine, folder: 'f', count() {} })
    this.#tasks.set(partition, task)
    return task
  }
}

const nothing = loadRuleFiles([{ path: 'none.yaml', text: 'version: 1' }])
