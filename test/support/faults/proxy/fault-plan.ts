import type { FaultyApi } from './apis.ts'

/**
 * What becomes of a request: it reaches the broker after a while (`delayed`), or never, its connection breaking off
 * (`request-lost`); the broker has it but its answer is lost with the connection (`answer-lost`); the connection breaks
 * off first and the broker gets the request after the client has given it up (`late`); the broker never sees it and the
 * client hears an error (`refused`); the broker carries it out and the client hears an error (`done-but-refused`).
 */
export const faultKinds = ['delayed', 'request-lost', 'answer-lost', 'late', 'refused', 'done-but-refused'] as const

export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  readonly api: FaultyApi
  readonly kind: FaultKind
  /** Of `refused` and `done-but-refused`. */
  readonly errorCode?: number
  /** Of `delayed` and `late`. Default 200. */
  readonly delayMs?: number
  /** How many requests of this API pass before. Default 0. */
  readonly after?: number
}

export const nameOfFault = ({ api, kind }: Fault): string => `${api} ${kind}`

/** Which faults wait for their request, and which have struck. */
export class FaultPlan {
  readonly #waiting = new Map<FaultyApi, { fault: Fault; toPass: number }[]>()
  readonly #struck = new Map<string, number>()
  #strikes = 0

  /** Puts a fault behind those of the same API that wait already. */
  add(fault: Fault): void {
    const waiting = this.#waiting.get(fault.api) ?? []
    this.#waiting.set(fault.api, waiting)
    waiting.push({ fault, toPass: fault.after ?? 0 })
  }

  /** The fault that meets this request; it no longer waits. */
  meet(api: FaultyApi): Fault | undefined {
    const waiting = this.#waiting.get(api)
    const next = waiting?.[0]
    if (next === undefined || next.toPass-- > 0) return undefined
    waiting!.shift()
    return next.fault
  }

  /** The fault met a request and came to nothing: it meets the next one. */
  giveBack(fault: Fault): void {
    this.#waiting.get(fault.api)!.unshift({ fault, toPass: 0 })
  }

  /** Takes note that a fault did to the client or the broker what it says. */
  note(fault: Fault): void {
    const name = nameOfFault(fault)
    this.#struck.set(name, (this.#struck.get(name) ?? 0) + 1)
    this.#strikes++
  }

  waiting(api: FaultyApi): number {
    return this.#waiting.get(api)?.length ?? 0
  }

  /** How often the fault has struck, by `<API> <kind>`. */
  get struck(): ReadonlyMap<string, number> {
    return this.#struck
  }

  get strikes(): number {
    return this.#strikes
  }
}
