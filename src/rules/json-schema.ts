import { z } from 'zod'
import { ruleFileSchema } from './schema.ts'

/**
 * The JSON Schema (draft 2020-12) of a rule file, for editors. It knows shapes, not names and types in expressions:
 * those are for `check`.
 */
export function ruleFileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(ruleFileSchema, { io: 'input' })
  return { ...schema, title: 'Weir rule file', description: 'Sections may be split over several files' }
}
