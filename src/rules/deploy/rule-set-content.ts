import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { RuleSetError } from '../../errors.ts'
import { loadRuleFiles } from '../loader.ts'
import type { RuleSet } from '../rule-set.ts'

/** A rule set that a control record carries has at most so many bytes, compressed. */
export const mostContentBytes = 512 * 1024
/** What a few compressed bytes may become: more is an attack, not a rule set. */
const mostCanonicalBytes = 32 * 1024 * 1024

export type LoadedContent =
  | { readonly ok: true; readonly ruleSet: RuleSet }
  | { readonly ok: false; readonly detail: string }

const refused = (detail: string): LoadedContent => ({ ok: false, detail })

/** A rule set as a control record carries it: its canonical form, compressed, in base64. */
export const packRuleSet = ({ canonical }: Pick<RuleSet, 'canonical'>): string =>
  deflateRawSync(canonical, { level: 9 }).toString('base64')

/** Compressed bytes in what `packRuleSet` gave. */
export const contentBytes = (content: string): number => Buffer.byteLength(content, 'base64')

/** Reads what `packRuleSet` wrote; says in words what is wrong with it. Never throws for what others wrote. */
export function loadContent(content: string, hash: string): LoadedContent {
  const bytes = contentBytes(content)
  if (bytes > mostContentBytes)
    return refused(`the rule set has ${bytes} bytes compressed, at most ${mostContentBytes} may be`)
  const canonical = inflated(content)
  if (canonical === undefined) return refused('the rule set cannot be unpacked')
  try {
    const ruleSet = loadRuleFiles([{ path: 'rule-set.json', text: canonical }])
    if (ruleSet.hash !== hash)
      return refused(`the rule set has the hash ${ruleSet.hash}, not the one that the record names`)
    return { ok: true, ruleSet }
  } catch (error) {
    if (!(error instanceof RuleSetError)) throw error
    const first = error.issues.find(({ severity }) => severity === 'error')
    return refused(`${error.message}, the first: ${first?.message ?? 'unknown'} [${first?.code ?? 'unknown'}]`)
  }
}

function inflated(content: string): string | undefined {
  try {
    return inflateRawSync(Buffer.from(content, 'base64'), { maxOutputLength: mostCanonicalBytes }).toString('utf8')
  } catch {
    return undefined
  }
}
