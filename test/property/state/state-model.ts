/** What the stores mean, naively: nothing is ever removed but by `delete`; reads look at everything. */
export interface ModelLayer {
  readonly names: ReadonlyMap<string, string>
  readonly seen: ReadonlyMap<string, { readonly value: string; readonly timestampMs: number }>
  readonly amounts: readonly {
    readonly key: string
    readonly timeMs: number
    readonly offset: number
    readonly value: number
  }[]
  readonly nowMs: number
}

export const retentionMs = 10

const empty: ModelLayer = { names: new Map(), seen: new Map(), amounts: [], nowMs: 0 }

export class StateModel {
  committed: ModelLayer = empty
  /** Drained and not yet in the database. */
  onTheWay: ModelLayer | undefined
  current: ModelLayer = empty
  dirty = false
  /** By key of the window store what was asked for in this batch. */
  #asked = new Map<string, { fromMs: number; toMs: number }>()

  change(change: Partial<ModelLayer>): void {
    this.current = { ...this.current, ...change }
  }

  putName(key: string, value: string | undefined): void {
    const names = new Map(this.current.names)
    if (value === undefined) names.delete(key)
    else names.set(key, value)
    this.change({ names })
    this.dirty = true
  }

  putSeen(key: string, value: string, timestampMs: number): void {
    this.change({ seen: new Map(this.current.seen).set(key, { value, timestampMs }) })
    this.dirty = true
  }

  putAmount(key: string, timeMs: number, offset: number, value: number): void {
    const others = this.current.amounts.filter((a) => a.key !== key || a.timeMs !== timeMs || a.offset !== offset)
    this.change({ amounts: [...others, { key, timeMs, offset, value }] })
    this.dirty = true
  }

  getSeen(key: string) {
    const held = this.current.seen.get(key)
    return held !== undefined && held.timestampMs >= this.current.nowMs - retentionMs ? held : undefined
  }

  ask(key: string, askedFromMs: number, toMs: number): void {
    // What is past its retention already is not there to be loaded.
    const fromMs = Math.max(askedFromMs, this.current.nowMs - retentionMs)
    if (fromMs > toMs) return
    const { fromMs: from, toMs: to } = this.#asked.get(key) ?? { fromMs, toMs }
    this.#asked.set(key, { fromMs: Math.min(from, fromMs), toMs: Math.max(to, toMs) })
  }

  /** All that the batch asked for of a key, and what lies between. */
  askedOf(key: string): { readonly fromMs: number; readonly toMs: number } | undefined {
    return this.#asked.get(key)
  }

  /** `undefined` when the batch did not ask for it. */
  fetch(key: string, askedFromMs: number, toMs: number) {
    const fromMs = Math.max(askedFromMs, this.current.nowMs - retentionMs)
    if (fromMs > toMs) return []
    const asked = this.#asked.get(key)
    if (asked === undefined || asked.fromMs > fromMs || asked.toMs < toMs) return undefined
    return this.current.amounts
      .filter((a) => a.key === key && a.timeMs >= fromMs && a.timeMs <= toMs)
      .sort((a, b) => a.timeMs - b.timeMs || a.offset - b.offset)
      .map(({ timeMs, offset, value }) => ({ timeMs, offset, value }))
  }

  drain(): void {
    this.onTheWay = this.current
    this.#asked = new Map()
    this.dirty = false
  }

  applied(): void {
    this.committed = this.onTheWay!
    this.onTheWay = undefined
  }

  discard(): void {
    this.current = this.committed
    this.onTheWay = undefined
    this.#asked = new Map()
    this.dirty = false
  }
}
