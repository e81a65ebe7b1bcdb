import { jsonSerde } from '../../record/serdes.ts'
import type { KeyValueStoreDef } from '../../state/stores.ts'
import type { Expression, Scope } from '../expression.ts'
import type { TableDef } from '../rule-set.ts'

/** A row as of some offset. */
export interface Row {
  /** The id of the data record that wrote it. */
  readonly recordId: string
  readonly offset: number
  /** The row's own id, where the table names one. */
  readonly rowId: RowId | null
  /** The position in the source database, where the record tells one. */
  readonly lsn: string | null
  readonly values: Readonly<Record<string, unknown>>
}

export type RowId = string | number | boolean

const rowStores = new WeakMap<TableDef, KeyValueStoreDef<Row>>()

/** The store of a table's rows: one definition a table, shared by those who write and read it. */
export function rowStore(table: TableDef): KeyValueStoreDef<Row> {
  let store = rowStores.get(table)
  if (store === undefined) {
    store = { kind: 'key-value', name: `table-${table.name}`, serde: jsonSerde<Row>() }
    rowStores.set(table, store)
  }
  return store
}

/** Where a row lies: by the record key alone, or with `on` also by the row's id, typed (1 is not "1"). */
export const rowKey = (table: TableDef, key: string, rowId: RowId | null): string =>
  table.on === undefined ? key : `${key.length}:${key}${typeof rowId}:${rowId}`

/** The key of the row that belongs to an event; undefined when `on` reads an absent field. */
export function rowKeyOf(table: TableDef, key: string, scope: Scope): string | undefined {
  if (table.on === undefined) return key
  const on = (table.on as Expression<RowId>).evaluate(scope)
  return on === undefined ? undefined : rowKey(table, key, on)
}

export const isRowId = (value: unknown): value is RowId =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
