import type { FieldView } from './field-view.ts'

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

/** The kind in a header; `undefined` when it is none. */
export function kindOf(header: FieldView): Kind | undefined {
  for (const { kind, bytes } of kindBytes) if (header.equals(bytes)) return kind
  return undefined
}
