import type { RowChange } from '../../record/data-change.ts'
import { readDataChange } from '../../record/ingress.ts'
import type { KeyValueStore } from '../../state/stores.ts'
import { defineOperator, type OperatorDef, type ProcessorContext, type StreamRecord } from '../../topology/operator.ts'
import type { FieldReader } from '../fields.ts'
import type { TableDef } from '../rule-set.ts'
import { nodeNames } from './admit.ts'
import type { Incoming, Rejected } from './incoming.ts'
import { idKey, type SeenIdsDef } from './seen-ids.ts'
import { isRowId, type Row, type RowId, rowKey, rowStore } from './table-rows.ts'

export interface UpdateRowsOptions {
  readonly type: string
  readonly tables: readonly TableDef[]
  readonly readerOf: (table: TableDef) => FieldReader
  readonly rowIds: SeenIdsDef
}

/** Keeps the rows of the tables that one data type fills; whoever comes later in the log sees them. */
export const updateRows = (options: UpdateRowsOptions): OperatorDef<Incoming, Rejected> =>
  defineOperator({
    name: nodeNames.rows(options.type),
    stores: [options.rowIds, ...options.tables.map(rowStore)],
    prefetch({ key, value }, ask) {
      const { ingested } = value as Incoming
      if (ingested.verdict !== 'accepted' || ingested.head.type !== options.type || ingested.head.kind !== 'data')
        return
      const change = readDataChange(ingested.payload)
      if (!change.ok) return
      for (const table of options.tables) {
        const rowId = rowIdOf(table, change)
        if (table.on === undefined || rowId !== null) ask.get(rowStore(table), rowKey(table, key, rowId))
      }
    },
    create(ctx) {
      const tables = options.tables.map(
        (table) => new TableUpdate(table, options.readerOf(table), ctx.store(rowStore(table)), ctx),
      )
      const rowIds = ctx.store(options.rowIds)
      return (record) => {
        const { log, ingested } = record.value
        if (ingested.verdict !== 'accepted') return
        const change = readDataChange(ingested.payload)
        const reject = (reason: Rejected['reason'], detail: string): void => {
          ctx.count(`dead-lettered.${reason}`)
          ctx.forward({ ...record, value: { log, reason, detail } })
        }
        if (!change.ok) return reject(change.reason, change.detail)
        const fresh = tables.filter((table) => !table.isOlder(record, change))
        if (fresh.length === 0) return ctx.count('duplicates')
        const problems = fresh.flatMap((table) => table.apply(record, ingested.head.id, change))
        if (problems.length > 0) return reject('wrong-type', problems.join('; '))
        // A row may claim to be from the far future; its id is not remembered longer for that.
        rowIds.put(
          idKey(record.key, ingested.head.id),
          record.offset,
          Math.min(ingested.head.timeMs, ctx.streamTimeMs()),
        )
      }
    },
  })

class TableUpdate {
  readonly #table: TableDef
  readonly #read: FieldReader
  readonly #rows: KeyValueStore<Row>
  readonly #ctx: ProcessorContext<Rejected>

  constructor(table: TableDef, read: FieldReader, rows: KeyValueStore<Row>, ctx: ProcessorContext<Rejected>) {
    this.#table = table
    this.#read = read
    this.#rows = rows
    this.#ctx = ctx
  }

  /** True when the row that lies here comes from a later position of the source database. */
  isOlder({ key }: StreamRecord, change: RowChange): boolean {
    const rowId = rowIdOf(this.#table, change)
    if (this.#table.on !== undefined && rowId === null) return false
    const row = this.#rows.get(rowKey(this.#table, key, rowId))
    return row?.lsn != null && change.lsn !== undefined && change.lsn < BigInt(row.lsn)
  }

  /** Applies the change; says what did not fit. A misfit field becomes absent, so that an old value never survives. */
  apply(record: StreamRecord, recordId: string, change: RowChange): string[] {
    const table = this.#table
    const rowId = rowIdOf(table, change)
    if (table.on !== undefined && rowId === null) {
      return [
        `table ${table.name}: the ${change.op === 'd' ? '"before"' : 'row'} has no usable "${table.id}", so that the row cannot be found`,
      ]
    }
    const key = rowKey(table, record.key, rowId)
    const known = this.#rows.get(key)
    if (change.op === 'd') {
      if (known !== undefined && isSameRow(known, rowId)) this.#rows.delete(key)
      return []
    }
    if (table.on === undefined && known !== undefined && !isSameRow(known, rowId))
      this.#ctx.count(`several-rows.${table.name}`)
    const { values, misfits } = this.#read(keepUnavailable(change, known))
    const lsn = change.lsn === undefined ? null : String(change.lsn)
    this.#rows.put(key, { recordId, offset: record.offset, rowId, lsn, values })
    return misfits.map((misfit) => `table ${table.name}: ${misfit.message}`)
  }
}

/** The row's own id: of what is left after the change, or of what was before a delete; null when there is none. */
function rowIdOf(table: TableDef, change: RowChange): RowId | null {
  const row = change.op === 'd' ? change.before : change.after
  const id = row?.[table.id ?? 'id']
  return isRowId(id) ? id : null
}

const isSameRow = (row: Row, rowId: RowId | null): boolean =>
  row.rowId === null || rowId === null || row.rowId === rowId

/** Debezium sends a placeholder for a large column that did not change: the value that is known stays. */
function keepUnavailable(change: RowChange, known: Row | undefined): Record<string, unknown> {
  const after: Record<string, unknown> = { ...change.after }
  for (const column of change.unavailable) {
    if (known?.values[column] === undefined) delete after[column]
    else after[column] = known.values[column]
  }
  return after
}
