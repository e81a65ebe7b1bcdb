import { OracleFields } from './fields.ts'
import { isObject } from './records.ts'
import type { OracleEvent, OracleRow, OracleRows, TableTwin } from './twins.ts'

/** One applied change of a row; without `row` the row is gone. */
interface RowChange {
  readonly table: string
  readonly key: string
  readonly rowId: string
  readonly row?: OracleRow
}

export interface DataRecord {
  readonly type: string
  readonly id: string
  readonly key: string
  readonly offset: number
  readonly payload: Readonly<Record<string, unknown>>
}

export type RowVerdict = 'applied' | 'stale' | 'invalid'

/** Every change of every row of one partition, in log order; looking a row up reads them all. */
export class OracleTables {
  readonly #tables: readonly TableTwin[]
  readonly #changes = new Map<string, RowChange[]>()

  constructor(tables: readonly TableTwin[]) {
    this.#tables = tables
  }

  /** `invalid` rows are applied too, without their misfit fields, if one can tell which row it is. */
  apply(record: DataRecord): RowVerdict {
    let verdict: RowVerdict = 'applied'
    for (const table of this.#tables.filter(({ from }) => from === record.type)) {
      const one = this.#applyTo(table, record)
      if (one !== 'applied') verdict = one
    }
    return verdict
  }

  /** The rows that an event sees. */
  at(event: OracleEvent): OracleRows {
    const rows = new Map<string, OracleRow>()
    for (const { name, on } of this.#tables) {
      if (on !== undefined && !event.fields.has(on)) continue
      const row = this.#find(name, event.key, on === undefined ? event.key : event.fields.string(on))
      if (row !== undefined) rows.set(name, row)
    }
    return rows
  }

  #applyTo(table: TableTwin, { id, key, offset, payload }: DataRecord): RowVerdict {
    const { op, before, after, source } = payload
    const image = op === 'd' ? before : after
    if (!['c', 'u', 'r', 'd'].includes(String(op)) || (!isObject(image) && (op !== 'd' || table.id !== undefined)))
      return 'invalid'
    const fields = new OracleFields(table.fields, isObject(image) ? image : {})
    if (table.id !== undefined && !fields.has(table.id)) return 'invalid'
    const rowId = table.id === undefined ? key : fields.string(table.id)
    const lsn = isObject(source) && typeof source.lsn === 'number' ? source.lsn : undefined
    const known = this.#find(table.name, key, rowId)?.lsn
    if (lsn !== undefined && known !== undefined && lsn < known) return 'stale'
    const change: RowChange = { table: table.name, key, rowId }
    const changes = this.#changes.get(key) ?? []
    this.#changes.set(key, changes)
    changes.push(op === 'd' ? change : { ...change, row: { recordId: id, offset, lsn, fields } })
    return op !== 'd' && fields.misfits.length > 0 ? 'invalid' : 'applied'
  }

  #find(table: string, key: string, rowId: string): OracleRow | undefined {
    const changes = this.#changes.get(key) ?? []
    return changes.findLast((change) => change.table === table && change.rowId === rowId)?.row
  }
}
