import { SerdeError } from '../errors.ts'
import type { Serde } from '../record/serde.ts'
import { ValueReader, ValueWriter } from './kept-values.ts'
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

/** Every event has these, and they are kept beside its fields. */
const implied = new Set(['time', 'id', 'type'])

/** Events as sequences keep them: the fields that later steps may read, and no others, in the order of their names. */
export function keptEventSerde(fields: ReadonlySet<string>): Serde<RiskEvent> {
  const names = [...fields].filter((name) => !implied.has(name)).sort()
  const writer = new ValueWriter()
  const reader = new ValueReader()
  const write = ({ id, type, timeMs, fields: values }: RiskEvent): ValueWriter => {
    writer.begin()
    writer.number(timeMs)
    writer.text(id)
    writer.text(type)
    for (const name of names) writer.value(Object.hasOwn(values, name) ? values[name] : undefined)
    return writer
  }
  const read = (packed: string): RiskEvent => {
    reader.begin(packed)
    const timeMs = reader.number()
    const id = reader.text()
    const type = reader.text()
    const values: Record<string, unknown> = {}
    for (const name of names) {
      const value = reader.value()
      if (value !== undefined) values[name] = value
    }
    if (!reader.isAtEnd) throw new SerdeError('there are more bytes than fields')
    values['time'] = timeMs
    values['id'] = id
    values['type'] = type
    return { id, type, timeMs, fields: values }
  }
  const deserialize = (packed: string): RiskEvent => {
    try {
      return read(packed)
    } catch (cause) {
      throw new SerdeError('the bytes are not an event that a sequence kept', { cause })
    }
  }
  return {
    serialize: (event) => write(event).end(),
    deserialize: (bytes) => deserialize(bytes.toString('latin1')),
    packed: { serialize: (event) => write(event).endPacked(), deserialize },
  }
}
