/** A field's type as a rule file writes it. `int` and `timestamp` (epoch ms) are doubles in conditions. */
export const scalarFieldTypes = ['string', 'double', 'int', 'bool', 'timestamp', 'geo'] as const

export type ScalarFieldType = (typeof scalarFieldTypes)[number]

export interface FieldType {
  /** `string`, `double`, `int`, `bool`, `timestamp`, `geo`, or `list<T>` of one of those. */
  readonly kind: ScalarFieldType | 'list'
  /** Of a list: its elements' type. */
  readonly element?: ScalarFieldType
  /** Masked wherever people read. */
  readonly pii: boolean
}

/** Degrees: latitude -90 to 90, longitude -180 to 180. */
export interface Geo {
  readonly lat: number
  readonly lon: number
}

/** An expression's type. All numbers are `double`, times too (epoch ms). */
export type ValueType = 'bool' | 'double' | 'string' | 'geo' | `list<${'bool' | 'double' | 'string' | 'geo'}>`

export type ScalarValueType = 'bool' | 'double' | 'string' | 'geo'

const scalarOf: Record<ScalarFieldType, ScalarValueType> = {
  string: 'string',
  double: 'double',
  int: 'double',
  bool: 'bool',
  timestamp: 'double',
  geo: 'geo',
}

/** The type that a field has in an expression. */
export const valueTypeOf = (field: FieldType): ValueType =>
  field.kind === 'list' ? `list<${scalarOf[field.element ?? 'string']}>` : scalarOf[field.kind]

/** A field's type as a rule file writes it: `list<string>`. */
export const fieldTypeName = (field: FieldType): string =>
  field.kind === 'list' ? `list<${field.element}>` : field.kind

/** The elements' type of a list type, undefined for any other. */
export const elementTypeOf = (type: ValueType): ScalarValueType | undefined =>
  type.startsWith('list<') ? (type.slice(5, -1) as ScalarValueType) : undefined

/** Parses `double`, `list<string>`; undefined when it is no type. */
export function parseFieldType(text: string): Omit<FieldType, 'pii'> | undefined {
  const trimmed = text.trim()
  const list = /^list\s*<\s*([a-z]+)\s*>$/.exec(trimmed)
  const name = (list?.[1] ?? trimmed) as ScalarFieldType
  if (!scalarFieldTypes.includes(name)) return undefined
  return list ? { kind: 'list', element: name } : { kind: name }
}
