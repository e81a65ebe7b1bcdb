import type { SimulatedEvent } from './event.ts'

export interface CustomerRow {
  readonly id: string
  readonly country: string
  readonly balance: number
}

export interface CardRow {
  readonly cardId: string
  readonly limit: number
  readonly status: 'active' | 'blocked'
}

type Row = CustomerRow | CardRow

interface Site {
  readonly key: string
  readonly timeMs: number
}

/** Turns row changes into data events (Debezium's envelope), numbered by one rising log sequence number. */
export class RowLog {
  #lsn = 0

  created(table: string, site: Site, after: Row): SimulatedEvent {
    return this.#event(table, site, { op: 'c', before: null, after })
  }

  updated(table: string, site: Site, { before, after }: { before: Row; after: Row }): SimulatedEvent {
    return this.#event(table, site, { op: 'u', before, after })
  }

  #event(
    table: string,
    { key, timeMs }: Site,
    change: { op: 'c' | 'u'; before: Row | null; after: Row },
  ): SimulatedEvent {
    const lsn = ++this.#lsn
    const payload = { ...change, source: { lsn } }
    return { kind: 'data', type: `public.${table}`, id: `lsn-${lsn}`, key, timeMs, payload }
  }
}
