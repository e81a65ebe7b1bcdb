import type { AggregateValue } from '../../operators/features/definition.ts'
import { typedKey } from '../../operators/sequence/typed-key.ts'
import { defineOperator, type OperatorDef } from '../../topology/operator.ts'
import type { Scope } from '../expression.ts'
import type { Places } from '../places.ts'
import type { FeatureDef } from '../rule-set.ts'
import { nodeNames } from './admit.ts'
import { scalar } from './feature-group.ts'
import { type Contribution, globalDefinition } from './global-definition.ts'
import type { ReadyEvent } from './incoming.ts'

export interface ContributeOptions {
  readonly features: readonly FeatureDef[]
  readonly graceMs: number
  readonly places: Places
}

/**
 * Says what an applied event adds to global features: one contribution for each whose `where` it passes, in the order of the
 * rule set. An event without the `by` or the `value` adds nothing.
 */
export const contribute = ({ features, graceMs, places }: ContributeOptions): OperatorDef<ReadyEvent, Contribution> => {
  const byType = Map.groupBy(
    features.map((feature) => ({ feature, definition: globalDefinition(feature, graceMs) })),
    ({ feature }) => feature.event,
  )
  return defineOperator({
    name: nodeNames.contribute,
    stores: [],
    create: (ctx) => (record) => {
      const { event, scope } = record.value
      for (const { feature, definition } of byType.get(event.type) ?? []) {
        const added = addedBy(feature, scope)
        if (added === undefined) continue
        ctx.count(`contributions.${feature.name}`)
        const { id, timeMs } = event
        const cause = { id, partition: record.partition, offset: places.offsetOf(record.offset), timeMs }
        const streamTimeMs = ctx.streamTimeMs()
        ctx.forward({ ...record, value: { definition, ...added, key: record.key, cause, streamTimeMs } })
      }
    },
  })
}

function addedBy({ where, by, value }: FeatureDef, scope: Scope): Pick<Contribution, 'by' | 'value'> | undefined {
  if (where !== undefined && where.evaluate(scope) !== true) return undefined
  const keptBy = scalar(by!.evaluate(scope))
  if (keptBy === undefined || typedKey(keptBy) === undefined || keptBy === Infinity || keptBy === -Infinity)
    return undefined
  if (value === undefined) return { by: wellFormed(keptBy) }
  const added = scalar(value.evaluate(scope))
  return added === undefined ? undefined : { by: wellFormed(keptBy), value: wellFormed(added) }
}

/** Records are UTF-8, which has no lone surrogates. */
const wellFormed = (value: AggregateValue): AggregateValue => (typeof value === 'string' ? value.toWellFormed() : value)
