import { isText } from './text.ts'

export const kinds = ['business', 'data', 'decision', 'control'] as const

export type Kind = (typeof kinds)[number]

/** What a record says of itself outside its value. */
export interface Head {
  readonly kind: Kind
  /** The event's type, or `schema.table` of a data record. */
  readonly type: string
  readonly id: string
  /** Event time. */
  readonly timeMs: number
  /** Empty only for decisions and control records without one. */
  readonly key: string
}

/** Type of the control records that move stream time in an idle partition. */
export const tickType = 'tick'

/** Types of the records that carry a global feature's result back into the main stream begin so. */
export const featureTypePrefix = 'feature.'

/** True for a record that carries a global feature's result. */
export const isResult = ({ kind, type }: Pick<Head, 'kind' | 'type'>): boolean =>
  kind === 'business' && type.startsWith(featureTypePrefix)

/** The kinds that belong to a customer: they need a key on its own partition, and they move stream time. */
export const isKeyed = (kind: Kind): boolean => kind === 'business' || kind === 'data'

const kindBytes = kinds.map((kind) => ({ kind, bytes: Buffer.from(kind) }))

/** The kind in a header's bytes; `undefined` when it is none. */
export function kindOf(bytes: Buffer): Kind | undefined {
  for (const candidate of kindBytes) {
    if (bytes.length === candidate.bytes.length && bytes.equals(candidate.bytes)) return candidate.kind
  }
  return undefined
}

interface HeadBytes {
  readonly id: Buffer
  readonly key: Buffer | null
}

/** A head that decodes id and key when somebody asks: most records are dropped by their type alone. */
export class HeaderHead implements Head {
  readonly kind: Kind
  readonly type: string
  readonly timeMs: number
  readonly #idBytes: Buffer
  readonly #keyBytes: Buffer | null
  #id: string | undefined
  #key: string | undefined

  /** The bytes are text (`isText`). */
  constructor(kind: Kind, type: string, timeMs: number, bytes: HeadBytes) {
    this.kind = kind
    this.type = type
    this.timeMs = timeMs
    this.#idBytes = bytes.id
    this.#keyBytes = bytes.key
  }

  get id(): string {
    this.#id ??= this.#idBytes.toString('utf8')
    return this.#id
  }

  get key(): string {
    this.#key ??= this.#keyBytes?.toString('utf8') ?? ''
    return this.#key
  }
}

/** True for bytes that hold text, at least one character of it. */
export const isFilled = (bytes: Buffer | null | undefined): bytes is Buffer =>
  bytes !== null && bytes !== undefined && bytes.length > 0 && isText(bytes)
