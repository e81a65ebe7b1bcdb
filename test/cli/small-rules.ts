import { mkdirSync, writeFileSync } from 'node:fs'

/** A rule set of one rule: amounts above 100 are blocked. */
export const smallRules = `version: 1
events: {card.authorised: {amount: double}}
rules:
- id: large
  event: card.authorised
  when: e.amount > 100.0
  then: {outcome: block, score: 80, reason: "{e.amount} is a lot"}
`

/** An event that it decides, as a line. */
export const cardLine = (id: string, amount: number): string =>
  JSON.stringify({
    kind: 'business',
    type: 'card.authorised',
    id,
    key: `k-${id}`,
    time: '2026-03-01T10:00:00Z',
    payload: { amount },
  })

/** Writes it to a folder, which is made. */
export function writeSmallRules(folder: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/rules.yaml`, smallRules)
  return folder
}
