import type { FieldType, ScalarValueType, ValueType } from './value-type.ts'
import { valueTypeOf } from './value-type.ts'

/** Whether `value` is in the control list now: injected by whoever evaluates, since control records change lists. */
export type ListLookup = (list: string, value: string | number | boolean) => boolean

/**
 * What an expression is evaluated against: `e`, `key`, `f`, `t` and step names, as far as the expression reads them. An
 * absent field is undefined or missing; a table without a row for this event is undefined or missing.
 */
export interface Scope {
  readonly [name: string]: unknown
  /** Needed only by expressions that ask for a control list (`Expression.lists`). */
  readonly $inList?: ListLookup
}

/** A name that has a value. */
export interface ValueDecl {
  readonly kind: 'value'
  /** `unknown` for a name whose own definition is wrong: it fits everywhere, so that one slip is one report. */
  readonly type: ValueType | 'unknown'
  readonly pii: boolean
}

/** A name that has fields: an event, the features, the tables, a table's row. */
export interface RecordDecl {
  readonly kind: 'record'
  /** How a message calls it: `card.authorised`, `table customers`. */
  readonly label: string
  readonly noun: 'field' | 'feature' | 'table'
  readonly members: ReadonlyMap<string, Decl>
}

/** A name that exists but cannot be read here, and why. */
export interface ForbiddenDecl {
  readonly kind: 'forbidden'
  readonly why: string
  readonly hint: string
}

export type Decl = ValueDecl | RecordDecl | ForbiddenDecl

/** A list as an expression sees it. `type` is undefined when any value may be asked for. */
export interface DeclaredList {
  readonly from: 'static' | 'control'
  readonly items: ReadonlySet<string | number | boolean>
  readonly type: ScalarValueType | undefined
}

/** The names that an expression may read, with their types. */
export interface DeclaredScope {
  readonly names: ReadonlyMap<string, Decl>
  readonly lists: ReadonlyMap<string, DeclaredList>
}

export const valueDecl = (type: ValueType, pii = false): ValueDecl => ({ kind: 'value', type, pii })

export const forbidden = (why: string, hint: string): ForbiddenDecl => ({ kind: 'forbidden', why, hint })

/** The fields of an event, with the `time`, `id` and `type` that every event has. */
export function eventDecl(label: string, fields: ReadonlyMap<string, FieldType>): RecordDecl {
  const members = fieldDecls(fields)
  members.set('time', valueDecl('double')).set('id', valueDecl('string')).set('type', valueDecl('string'))
  return { kind: 'record', label, noun: 'field', members }
}

/** The fields of a table's row. */
export const rowDecl = (table: string, fields: ReadonlyMap<string, FieldType>): RecordDecl => ({
  kind: 'record',
  label: `table ${table}`,
  noun: 'field',
  members: fieldDecls(fields),
})

/** Of a global feature's `emit`: the result about to be written, of values of these types. */
export const emitScope = ({ value, by }: { readonly value: ValueType; readonly by: ValueType }): DeclaredScope => ({
  names: new Map<string, Decl>([
    ['value', valueDecl(value)],
    ['by', valueDecl(by)],
    ['key', valueDecl('string')],
  ]),
  lists: new Map(),
})

const fieldDecls = (fields: ReadonlyMap<string, FieldType>): Map<string, Decl> =>
  new Map([...fields].map(([name, field]) => [name, valueDecl(valueTypeOf(field), field.pii)]))
