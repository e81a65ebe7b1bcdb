import type { AggregateValue } from '../../operators/features/definition.ts'
import { defineOperator, type OperatorDef } from '../../topology/operator.ts'
import type { Expression, Scope } from '../expression.ts'
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

type Added = Pick<Contribution, 'by' | 'value'>

/** What the event adds; `undefined` when it does not count. */
function addedBy({ where, by, value }: FeatureDef, scope: Scope): Added | undefined {
  if (where !== undefined && where.evaluate(scope) !== true) return undefined
  const keptBy = carried(by!, scope)
  if (keptBy === undefined || (typeof keptBy === 'number' && !Number.isFinite(keptBy))) return undefined
  if (value === undefined) return { by: keptBy }
  const added = carried(value, scope)
  return added === undefined ? undefined : { by: keptBy, value: added }
}

/** A longer text is absent: result and decision, in which it stands again, must fit into main. */
const mostCharacters = 32_768

/** A value as records carry it: UTF-8 has no lone surrogates. */
function carried(expression: Expression, scope: Scope): AggregateValue | undefined {
  const value = scalar(expression.evaluate(scope))
  if (typeof value !== 'string') return value
  return value.length > mostCharacters ? undefined : value.toWellFormed()
}
