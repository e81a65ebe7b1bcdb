import { canonicalJson } from '../record/canonical-json.ts'
import { headerNames } from '../record/ingress.ts'
import type { OutgoingRecord } from '../record/record.ts'
import type { Authenticity } from './authenticity.ts'

/**
 * The decision that a reset writes in place of one that main holds: the same in all but its id, `r:<revision>:<old id>`,
 * and the member `supersedes`, which names the old id. No id that Weir gives otherwise begins with `r:`.
 */
export function revisedDecision(
  decision: OutgoingRecord,
  revision: number,
  { seal }: Pick<Authenticity, 'seal'>,
): OutgoingRecord {
  const supersedes = String(decision.headers[headerNames.id])
  const id = `r:${revision}:${supersedes}`
  const value = Buffer.from(canonicalJson({ ...JSON.parse(String(decision.value)), decisionId: id, supersedes }))
  const { topic, partition, key } = decision
  const headers = { ...decision.headers, [headerNames.id]: Buffer.from(id), ...seal({ key, id, value }) }
  return { topic, partition, key, value, headers }
}
