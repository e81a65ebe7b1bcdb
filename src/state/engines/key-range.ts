import type { KeyRange } from '../engine.ts'

/** True when no key can lie in the range: engines differ in what they do with crossed bounds. */
export const isEmptyRange = ({ gte, lt, limit }: KeyRange): boolean =>
  limit === 0 || (lt !== undefined && Buffer.compare(gte, lt) >= 0)
