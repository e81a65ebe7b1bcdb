import { TopologyError } from '../../errors.ts'
import { evaluateFeatures, type FeatureTask } from '../../operators/features/evaluator.ts'
import { type ColumnValues, valuesSerde } from '../../operators/features/values-serde.ts'
import type { KeyedEvent } from '../../operators/sequence/definition.ts'
import type { HistoryStoreDef, Prefetch } from '../../state/stores.ts'
import {
  defineOperator,
  type OperatorDef,
  type Processor,
  type ProcessorContext,
  type StreamRecord,
} from '../../topology/operator.ts'
import { compileExpression, type Expression } from '../expression.ts'
import { emitScope } from '../scope.ts'
import { nodeNames } from './admit.ts'
import { type Contribution, type GlobalDefinition, type GlobalResult, reachMs } from './global-definition.ts'
import { type IdleAfter, idleAfter, SourceTimes, sourceTimesStore } from './source-times.ts'

export interface GlobalFeaturesOptions {
  /** Those for which the task has stores; contributions say by themselves what they belong to. */
  readonly definitions: readonly GlobalDefinition[]
  /** Of main. */
  readonly partitions: number
  readonly idleAfter?: IdleAfter
}

/** A contribution as the source read it, with its record key; `undefined` for bytes that are none. */
export type Contributed = { readonly keptBy: string; readonly contribution: Contribution } | undefined

/**
 * Keeps global features per `by`, across customers, by the same evaluator as a customer's own: one contribution, one result,
 * unless the feature's `emit` keeps it back. Lateness has been judged in main; windows forget by `SourceTimes`. A contribution
 * from a partition that was idle, older than what is kept, is counted (`late-contributions`) and gives no result.
 */
export function globalFeatures(options: GlobalFeaturesOptions): OperatorDef<Contributed, GlobalResult> {
  const stores = windowStores(options.definitions)
  return defineOperator({
    name: nodeNames.globalFeatures,
    stores: [sourceTimesStore, ...stores],
    create: (ctx) => new GlobalFeatures(options, stores, ctx),
  })
}

/** One store for each time that windows reach back, so that no feature keeps more than it needs. */
function windowStores(definitions: readonly GlobalDefinition[]): HistoryStoreDef<ColumnValues>[] {
  const reaches = [...new Set(definitions.map(reachMs))].sort((a, b) => a - b)
  return reaches.map((retentionMs) => ({
    kind: 'window',
    reads: 'histories',
    name: `global-${retentionMs}ms`,
    serde: valuesSerde,
    retentionMs,
  }))
}

interface OpenFeature {
  readonly task: FeatureTask<KeptContribution>
  readonly emit: Expression | undefined
}

class GlobalFeatures implements Processor<Contributed> {
  readonly #ctx: ProcessorContext<GlobalResult>
  readonly #stores: readonly HistoryStoreDef<ColumnValues>[]
  readonly #sources: SourceTimes
  readonly #open = new Map<string, OpenFeature>()

  constructor(
    { partitions, idleAfter: after = idleAfter }: GlobalFeaturesOptions,
    stores: readonly HistoryStoreDef<ColumnValues>[],
    ctx: ProcessorContext<GlobalResult>,
  ) {
    this.#ctx = ctx
    this.#stores = stores
    this.#sources = new SourceTimes(ctx.store(sourceTimesStore), partitions, after)
  }

  prefetch(record: StreamRecord, ask: Prefetch): void {
    const contributed = record.value as Contributed
    if (contributed === undefined) return
    const { task } = this.#feature(contributed.contribution.definition)
    task.prefetch(eventOf(record, contributed), ask, this.#ctx.streamTimeMs())
  }

  process(record: StreamRecord<Contributed>): void {
    const ctx = this.#ctx
    const { value: contributed, offset } = record
    if (contributed === undefined) return ctx.count('unreadable-contributions')
    const { contribution } = contributed
    const { definition, cause, streamTimeMs, key, by } = contribution
    const { lowestMs, furthestMs } = this.#sources.note(cause.partition, { streamTimeMs, offset })
    ctx.advanceStreamTime(lowestMs, furthestMs)
    if (cause.timeMs < ctx.streamTimeMs() - definition.graceMs) return ctx.count('late-contributions')
    const { task, emit } = this.#feature(definition)
    const { value } = task.process(eventOf(record, contributed), ctx.streamTimeMs())
    if (emit !== undefined && emit.evaluate({ value, by, key }) !== true) return
    ctx.count(`results.${definition.name}`)
    ctx.forward({ ...record, key, value: { contribution, value } })
  }

  #feature(definition: GlobalDefinition): OpenFeature {
    const known = this.#open.get(definition.hash)
    if (known !== undefined) return known
    const { emit } = definition
    const opened: OpenFeature = {
      task: evaluatorOf(definition, this.#storeFor(definition)).open(this.#ctx),
      emit: emit === undefined ? undefined : compileExpression(emit.text, emitScope(emit), ['bool']).expression!,
    }
    this.#open.set(definition.hash, opened)
    return opened
  }

  #storeFor(definition: GlobalDefinition): HistoryStoreDef<ColumnValues> {
    const store = this.#stores.find(({ retentionMs }) => retentionMs >= reachMs(definition))
    if (store !== undefined) return store
    throw new TopologyError(
      'topology-invalid',
      `a contribution to the global feature "${definition.name}" needs ${reachMs(definition)} ms of history, which no store of this instance keeps: start it with the rule set that defines the feature`,
    )
  }
}

const evaluatorOf = (
  { hash, agg, fromMs, toMs, include, graceMs }: GlobalDefinition,
  store: HistoryStoreDef<ColumnValues>,
) =>
  evaluateFeatures<KeptContribution>({
    name: hash,
    store,
    graceMs,
    contributes: () => true,
    by: ({ value }) => value.keptBy,
    features: [
      {
        name: 'value',
        agg,
        ...(agg === 'count' ? {} : { value: ({ value }: KeyedEvent<KeptContribution>) => value.contribution.value }),
        fromMs,
        toMs,
        include,
      },
    ],
  })

type KeptContribution = NonNullable<Contributed>

/** The order among contributions is that of the repartition topic. */
const eventOf = ({ offset }: StreamRecord<unknown>, value: KeptContribution): KeyedEvent<KeptContribution> => ({
  key: '',
  timeMs: value.contribution.cause.timeMs,
  offset,
  value,
})
