/** The shape of rule files. What names mean and what types fit is checked afterwards, with the whole rule set in view. */
import { z } from 'zod'
import { encodeProblem } from './loading/shape-problem.ts'
import { aggregates, modes, outcomes } from './rule-set.ts'
import { scalarFieldTypes } from './value-type.ts'

const text = (description: string, longest = 1_000) => z.string().min(1).max(longest).meta({ description })

const pattern = (expression: RegExp, problem: Parameters<typeof encodeProblem>[0], description: string) =>
  z
    .string()
    .max(200)
    .regex(expression, { error: encodeProblem(problem) })
    .meta({ description })

const duration = pattern(
  /^\d{1,15}(ms|s|m|h|d)$/,
  {
    code: 'bad-duration',
    message: 'is no duration',
    hint: 'write a whole number and a unit: 500ms, 30s, 10m, 24h or 7d',
  },
  'a duration such as 10m',
)

/** A condition or another expression, as text. */
const expression = z.string().meta({ description: 'an expression as text' })

/** Names that stand in expressions. */
const identifier = pattern(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  {
    code: 'bad-name',
    message: 'cannot be a name in conditions',
    hint: 'use letters, digits and _, and begin with a letter',
  },
  'a name of letters, digits and _',
)

const typeName = pattern(
  new RegExp(`^\\s*(${scalarFieldTypes.join('|')}|list\\s*<\\s*(${scalarFieldTypes.join('|')})\\s*>)\\s*$`),
  {
    code: 'unknown-field-type',
    message: 'is no field type',
    hint: `field types: ${scalarFieldTypes.join(', ')}, list<…> of one of them`,
    known: [...scalarFieldTypes, ...scalarFieldTypes.map((type) => `list<${type}>`)],
  },
  'a field type',
)

export const fieldSchema = z
  .union([typeName, z.strictObject({ type: typeName, pii: z.boolean().optional() })])
  .meta({ description: 'a field type, or {type: …, pii: true}' })

const fields = z.record(text('a field name', 200), fieldSchema).meta({ description: 'fields with their types' })

export const shortEventSchema = fields
export const longEventSchema = z.strictObject({
  dedupe: z
    .union([z.enum(['on', 'off']), z.boolean()])
    .optional()
    .meta({ description: 'on or off' }),
  fields,
})

export const tableSchema = z.strictObject({
  from: text('a data type such as public.customers', 249),
  id: text('a field name', 200).optional(),
  on: expression.optional(),
  fields,
})

export const mostItems = 100_000
const listItem = z.union([z.string(), z.number(), z.boolean()]).meta({ description: 'a text, a number, true or false' })
export const staticListSchema = z.strictObject({
  items: z.array(listItem).max(mostItems).meta({ description: 'a list of values' }),
})
export const controlListSchema = z.strictObject({ from: z.literal('control') })

export const featureSchema = z.strictObject({
  event: text('an event type', 249),
  agg: z.enum(aggregates).meta({ description: 'an aggregate' }),
  where: expression.optional(),
  value: expression.optional(),
  by: expression.optional(),
  window: z
    .union([duration, z.strictObject({ from: duration, to: duration.optional() })])
    .meta({ description: 'a duration, or {from: 31d, to: 1d}' }),
  include: z.enum(['current', 'prior']).optional().meta({ description: 'current or prior' }),
  scope: z.enum(['key', 'global']).optional().meta({ description: 'key or global' }),
  emit: expression.optional(),
})

const thenSchema = z.strictObject({
  outcome: z.enum(outcomes).meta({ description: 'an outcome' }),
  score: z.number().min(0).max(100).meta({ description: 'a number from 0 to 100' }),
  reason: z.string().max(1_000).optional().meta({ description: 'a text with {expressions} in it' }),
})

const ruleBase = {
  id: pattern(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/,
    { code: 'bad-name', message: 'cannot be the id of a rule', hint: 'use letters, digits, -, _ and .' },
    'a rule id',
  ),
  describe: z.string().max(2_000).optional().meta({ description: 'a text' }),
  owner: z.string().max(200).optional().meta({ description: 'a text' }),
  tags: z.array(z.string().max(200)).max(50).optional().meta({ description: 'a list of texts' }),
  mode: z.enum(modes).optional().meta({ description: 'live, shadow or off' }),
  expires: pattern(
    /^\d{4}-\d\d-\d\d$/,
    { code: 'bad-date', message: 'is no date', hint: 'write it as 2026-12-31' },
    'a date such as 2026-12-31',
  ).optional(),
  // biome-ignore lint/suspicious/noThenProperty: the contract's name; it is no function, so nothing awaits it
  then: thenSchema,
}

export const eventRuleSchema = z.strictObject({ ...ruleBase, event: text('an event type', 249), when: expression })

export const notStepSchema = z.strictObject({
  not: text('an event type', 249),
  where: expression.optional(),
  for: duration.optional(),
})
/** One key besides `where`: the step's name, with its event type. */
export const namedStepSchema = z.object({ where: expression.optional() }).catchall(text('an event type', 249))

/** For editors, which do not tell the two kinds apart by `not` as the loader does. */
const namedOnlySchema = namedStepSchema.extend({ not: z.never().optional(), for: z.never().optional() })

const anyOrder = z.boolean().optional().meta({ description: 'true or false' })
const maxCandidates = z.int().min(1).max(100_000).optional().meta({ description: 'a whole number from 1 to 100000' })

const sequenceWith = (step: z.ZodType) =>
  z.strictObject({
    ...ruleBase,
    sequence: z
      .strictObject({
        by: expression.optional(),
        within: duration,
        anyOrder,
        maxCandidates,
        steps: z.array(step).min(1).max(16).meta({ description: 'a list of steps' }),
      })
      .meta({ description: 'by, within and steps' }),
    anyOrder,
    maxCandidates,
  })

/** Its steps are checked one by one, so that each one's problems are found. */
export const sequenceRuleSchema = sequenceWith(z.unknown())

export const optionsSchema = z.strictObject({
  grace: duration.optional(),
  emit: z.enum(['all', 'flagged']).optional().meta({ description: 'all or flagged' }),
  onLate: z
    .enum([...outcomes, 'none'])
    .optional()
    .meta({ description: 'an outcome or none' }),
  maxAhead: duration.optional(),
  dataDedupe: duration.optional(),
  tickAfter: duration.optional(),
})

/** One key besides `t`, `key` and `id`: the record's type, with its payload. */
export const testEventSchema = z
  .object({
    t: text('a duration since the start of the test, or a time', 40),
    key: text('a record key').optional(),
    id: text('a record id').optional(),
  })
  .catchall(z.record(z.string(), z.unknown()).meta({ description: 'a payload: fields with values' }))

export const expectationSchema = z.strictObject({
  event: z.int().min(1).meta({ description: 'the number of an event of the test, from 1' }),
  trailing: text('a rule id').optional(),
  feature: text('a global feature').optional(),
  decided: z.boolean().optional().meta({ description: 'true or false' }),
  outcome: z.enum(outcomes).optional().meta({ description: 'an outcome' }),
  score: z.number().min(0).max(100).optional().meta({ description: 'a number from 0 to 100' }),
  rules: z.array(z.string()).optional().meta({ description: 'a list of rule ids' }),
  reason: z.string().optional().meta({ description: 'a text' }),
  late: z.boolean().optional().meta({ description: 'true or false' }),
})

const testWith = (event: z.ZodType, expectation: z.ZodType) =>
  z.strictObject({
    name: text('a text'),
    start: text('a time such as 2026-01-01T00:00:00Z', 40).optional(),
    events: z.array(event).max(10_000).meta({ description: 'a list of events' }),
    expect: z.array(expectation).max(10_000).meta({ description: 'a list of expectations' }),
  })

/** Its events and expectations are checked one by one, so that each one's problems are found. */
export const testSchema = testWith(z.unknown(), z.unknown())

export const tableName = identifier
export const stepName = identifier

/** A whole rule file; every section may be left out. */
export const ruleFileSchema = z.strictObject({
  version: z.literal(1).optional(),
  options: optionsSchema.optional(),
  events: z.record(z.string(), z.union([longEventSchema, shortEventSchema])).optional(),
  tables: z.record(identifier, tableSchema).optional(),
  lists: z.record(z.string(), z.union([staticListSchema, controlListSchema])).optional(),
  features: z.record(identifier, featureSchema).optional(),
  rules: z.array(z.union([eventRuleSchema, sequenceWith(z.union([notStepSchema, namedOnlySchema]))])).optional(),
  tests: z.array(testWith(testEventSchema, expectationSchema)).optional(),
})

export type TableShape = z.infer<typeof tableSchema>
export type FieldShape = z.infer<typeof fieldSchema>
export type FeatureShape = z.infer<typeof featureSchema>
export type EventRuleShape = z.infer<typeof eventRuleSchema>
export type SequenceRuleShape = z.infer<typeof sequenceRuleSchema>
export type ExpectationShape = z.infer<typeof expectationSchema>
