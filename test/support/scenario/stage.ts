/** An event in the form of a JSON line. */
export interface ScenarioLine {
  readonly kind: 'business' | 'data'
  readonly type: string
  readonly id: string
  readonly key: string
  readonly time: number
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * What the author of a case knows about one of its events:
 * `fired` and `quiet`: it gets a decision in which `rule` fired, or did not; `late`, `on-time`: its decision says so, or
 * does not; `once`, `twice`: so many decisions name its id; `undecided`: none does.
 */
export interface ScenarioCase {
  readonly name: string
  readonly key: string
  readonly event: string
  readonly is: 'fired' | 'quiet' | 'late' | 'on-time' | 'once' | 'twice' | 'undecided'
  readonly rule?: string
  /** The case lies within 1 ms or 1 % of the bound that decides it. */
  readonly near: boolean
}

export interface Placed {
  readonly line: ScenarioLine
  readonly arrivalMs: number
}

const strideMs = 7_919_037

/** Collects the lines of hand-made cases, each under a record key of its own, and what is known about them. */
export class Stage {
  readonly placed: Placed[] = []
  readonly cases: ScenarioCase[] = []
  readonly #fromMs: number
  readonly #spanMs: number
  #actors = 0
  #lines = 0

  /** Cases start between `fromMs` and `fromMs + spanMs`, scattered. */
  constructor(fromMs: number, spanMs: number) {
    this.#fromMs = fromMs
    this.#spanMs = spanMs
  }

  actor(): Actor {
    const n = ++this.#actors
    return new Actor(this, `edge-${n}`, this.#fromMs + ((n * strideMs) % this.#spanMs))
  }

  nextId(): number {
    return ++this.#lines
  }
}

type Payload = Readonly<Record<string, unknown>>

export const london = { lat: 51.5, lon: -0.12 }

/** One customer of one case. Times are ms after the case's start; without an arrival an event arrives at its time. */
export class Actor {
  readonly key: string
  readonly cardId: string
  readonly #stage: Stage
  readonly #startMs: number

  constructor(stage: Stage, key: string, startMs: number) {
    this.#stage = stage
    this.key = key
    this.cardId = `${key}-card`
    this.#startMs = startMs
  }

  /** An approved payment of 25 in London at outlet `o-1`, but for what `fields` says. */
  card(atMs: number, fields: Payload = {}, arrivalMs = atMs): string {
    const payload = { cardId: this.cardId, amount: 25, status: 'approved', outletId: 'o-1', geo: london, ...fields }
    return this.event('card.authorised', { atMs, arrivalMs, payload })
  }

  login(atMs: number, deviceId: string, arrivalMs = atMs): string {
    return this.event('session.login', { atMs, arrivalMs, payload: { deviceId } })
  }

  twofa(atMs: number, arrivalMs = atMs): string {
    return this.event('twofa.confirmed', { atMs, arrivalMs, payload: {} })
  }

  withdrawal(atMs: number, amount: number, arrivalMs = atMs): string {
    return this.event('withdrawal.requested', { atMs, arrivalMs, payload: { amount } })
  }

  event(
    type: string,
    { atMs, arrivalMs, payload, id }: { atMs: number; arrivalMs: number; payload: Payload; id?: string },
  ) {
    const name = id ?? `e-${this.#stage.nextId()}`
    this.#place({ kind: 'business', type, id: name, atMs, arrivalMs, payload })
    return name
  }

  /** Writes (or with `after` null deletes) a row; the log sequence number rises by itself unless given. */
  row(table: string, { atMs, arrivalMs, before, after, lsn, id }: RowWrite): { id: string; lsn: number } {
    const number = lsn ?? this.#stage.nextId()
    const name = id ?? `row-${this.#stage.nextId()}`
    const op = after === null ? 'd' : before === undefined ? 'c' : 'u'
    const payload = { op, before: before ?? null, after, source: { lsn: number } }
    this.#place({ kind: 'data', type: `public.${table}`, id: name, atMs, arrivalMs: arrivalMs ?? atMs, payload })
    return { id: name, lsn: number }
  }

  says(event: string, is: ScenarioCase['is'], about: { name: string; rule?: string; near?: boolean }): void {
    this.#stage.cases.push({ near: false, ...about, key: this.key, event, is })
  }

  /** `fired` or `quiet`. */
  fires(rule: string, event: string, about: { name: string; yes: boolean; near?: boolean }): void {
    const { yes, ...rest } = about
    this.says(event, yes ? 'fired' : 'quiet', { ...rest, rule })
  }

  #place({ atMs, arrivalMs, ...line }: Omit<ScenarioLine, 'key' | 'time'> & { atMs: number; arrivalMs: number }): void {
    this.#stage.placed.push({
      line: { ...line, key: this.key, time: this.#startMs + atMs },
      arrivalMs: this.#startMs + arrivalMs,
    })
  }
}

interface RowWrite {
  readonly atMs: number
  readonly arrivalMs?: number
  readonly before?: Payload
  readonly after: Payload | null
  readonly lsn?: number
  readonly id?: string
}
