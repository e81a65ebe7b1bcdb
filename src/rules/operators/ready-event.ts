import { defineOperator, type OperatorDef } from '../../topology/operator.ts'
import type { Scope } from '../expression.ts'
import type { TypePlan } from '../plan.ts'
import { nodeNames } from './admit.ts'
import type { Incoming, ReadyEvent, RiskEvent } from './incoming.ts'
import { rowKeyOf, rowStore } from './table-rows.ts'

/** Joins an event with the rows that its conditions read, as of the event's offset. */
export const readyEvent = (plan: TypePlan): OperatorDef<RiskEvent, ReadyEvent> =>
  defineOperator({
    name: nodeNames.event(plan.event.type),
    stores: plan.tables.map(rowStore),
    prefetch({ key, value }, ask) {
      const { ingested } = value as Incoming
      if (plan.tables.length === 0 || ingested.verdict !== 'accepted') return
      const { kind, type } = ingested.head
      if (kind !== 'business' || type !== plan.event.type) return
      const typed = (value as Incoming).typed()
      if (!typed.ok) return
      for (const table of plan.tables) {
        const at = rowKeyOf(table, key, { e: typed.event.fields, key })
        if (at !== undefined) ask.get(rowStore(table), at)
      }
    },
    create(ctx) {
      const tables = plan.tables.map((table) => ({ table, rows: ctx.store(rowStore(table)) }))
      return (record) => {
        const { key, value: event } = record
        const t: Record<string, unknown> = {}
        const rows: ReadyEvent['rows'][number][] = []
        const scope: Scope = { e: event.fields, key, t, f: {} }
        for (const { table, rows: store } of tables) {
          const at = rowKeyOf(table, key, scope)
          const row = at === undefined ? undefined : store.get(at)
          if (row === undefined) continue
          t[table.name] = row.values
          rows.push({ table: table.name, id: row.recordId, offset: row.offset })
        }
        ctx.forward({ ...record, value: { event, scope, rows } })
      }
    },
  })
