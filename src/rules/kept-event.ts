import { SerdeError } from '../errors.ts'
import type { Serde } from '../record/serde.ts'
import type { RiskEvent } from './operators/incoming.ts'
import type { SequenceRule } from './rule-set.ts'

/** Names the fields that some sequence reads, of any of its steps: what an event must keep for later steps. */
export function keptFields(rules: readonly SequenceRule[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const rule of rules) {
    const expressions = [rule.by, rule.then.reason, ...rule.steps.map((step) => step.where)]
    for (const path of expressions.flatMap((expression) => expression?.reads ?? [])) {
      const [root, field] = path.split('.')
      if (root !== 'key' && field !== undefined) names.add(field)
    }
  }
  return names
}

/** Events as sequences keep them: the fields that later steps may read, and no others. */
export const keptEventSerde = (fields: ReadonlySet<string>): Serde<RiskEvent> => ({
  serialize({ id, type, timeMs, fields: values }) {
    const kept: Record<string, unknown> = {}
    for (const name of Object.keys(values).sort()) {
      if (fields.has(name) && !implied.has(name)) kept[name] = values[name]
    }
    return Buffer.from(JSON.stringify([id, type, timeMs, kept]))
  },
  deserialize(bytes) {
    try {
      const [id, type, timeMs, kept] = JSON.parse(bytes.toString())
      return { id, type, timeMs, fields: { ...kept, time: timeMs, id, type } }
    } catch (cause) {
      throw new SerdeError('the bytes are not an event that a sequence kept', { cause })
    }
  },
})

/** Every event has these, and they are kept beside its fields. */
const implied = new Set(['time', 'id', 'type'])
