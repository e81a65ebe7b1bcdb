import { z } from 'zod'
import { configSchema } from './config-schema.ts'

/** One leaf of the configuration. */
export interface Setting {
  /** Keys joined with dots: `log.brokers`. */
  readonly path: string
  /** The environment variable that overrides it. */
  readonly env: string
  readonly kind: 'text' | 'number' | 'boolean' | 'list'
  /** What a value must be, after "must be". */
  readonly expects: string
  readonly description: string
  /** A file or folder: relative ones are resolved against where they were written. */
  readonly isPath: boolean
  readonly isSecret: boolean
}

/** Settings of the connection to Kafka say KAFKA in the environment, where the file says log. */
const kafkaSection = /^log\.(?=brokers|clientId|ssl|sasl)/

/** `log.sasl.passwordFile` → `WEIR_KAFKA_SASL_PASSWORD_FILE`. */
export const envNameOf = (path: string): string =>
  `WEIR_${path
    .replace(kafkaSection, 'kafka.')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll('.', '_')
    .toUpperCase()}`

/** Every setting, in the order of the schema. */
export const settings: readonly Setting[] = leavesOf(configSchema, '')

/** The keys that a section allows; the top level is `''`. `undefined` when the path is no section. */
export function keysOf(section: string): readonly string[] | undefined {
  const prefix = section === '' ? '' : `${section}.`
  const inside = settings.filter(({ path }) => path.startsWith(prefix))
  if (inside.length === 0) return undefined
  return [...new Set(inside.map(({ path }) => path.slice(prefix.length).split('.')[0]!))]
}

function leavesOf(section: z.ZodObject, prefix: string): Setting[] {
  return Object.entries(section.shape as Record<string, z.ZodType>).flatMap(([key, declared]) => {
    const schema = unwrap(declared)
    const path = `${prefix}${key}`
    return schema instanceof z.ZodObject ? leavesOf(schema, `${path}.`) : [settingOf(path, schema, metaOf(declared))]
  })
}

function settingOf(path: string, schema: z.ZodType, meta: z.GlobalMeta): Setting {
  return {
    path,
    env: envNameOf(path),
    ...shapeOf(schema),
    description: meta.description ?? '',
    isPath: meta.path === true,
    isSecret: meta.secret === true,
  }
}

function shapeOf(schema: z.ZodType): Pick<Setting, 'kind' | 'expects'> {
  if (schema instanceof z.ZodNumber) return { kind: 'number', expects: numberText(schema) }
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean', expects: 'true or false' }
  if (schema instanceof z.ZodArray) return { kind: 'list', expects: 'a list of texts that are not empty' }
  if (schema instanceof z.ZodEnum) return { kind: 'text', expects: `one of ${schema.options.join(', ')}` }
  return { kind: 'text', expects: 'a text that is not empty' }
}

function numberText(schema: z.ZodNumber): string {
  const [min, max] = [schema.minValue ?? 0, schema.maxValue ?? Number.MAX_SAFE_INTEGER]
  return max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min} on` : `a whole number from ${min} to ${max}`
}

/** What a default or an optional wraps; `undefined` for other schemas. */
function wrapped(schema: z.ZodType): z.ZodType | undefined {
  return 'innerType' in schema.def ? (schema.def.innerType as z.ZodType) : undefined
}

function unwrap(schema: z.ZodType): z.ZodType {
  const inner = wrapped(schema)
  return inner === undefined ? schema : unwrap(inner)
}

/** Metadata sits on whichever layer `.meta` was called on. */
function metaOf(schema: z.ZodType): z.GlobalMeta {
  const inner = wrapped(schema)
  return { ...(inner === undefined ? {} : metaOf(inner)), ...schema.meta() }
}
