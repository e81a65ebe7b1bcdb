import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type RejectReason, rejectReasons } from '../../../src/record/ingress.ts'

export const results = ['dead letter', 'decided', 'applied', 'late', 'duplicate', 'dropped'] as const

export interface PoisonRow {
  readonly input: string
  readonly result: (typeof results)[number]
  /** Of a dead letter. */
  readonly reason?: RejectReason
}

const page = fileURLToPath(new URL('../../../docs/poison.md', import.meta.url))

/** The table of docs/poison.md. @throws Error when a row says what cannot be */
export function poisonTable(): PoisonRow[] {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  return rows.slice(2).map((cells) => {
    const [input, result, reason] = cells as [string, string, string]
    const row = {
      input,
      result: oneOf(results, result),
      ...(reason === '' ? {} : { reason: oneOf(rejectReasons, reason) }),
    }
    if ((row.result === 'dead letter') !== 'reason' in row)
      throw new Error(`"${input}": a dead letter has a reason, nothing else has`)
    return row
  })
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((name) => name === text)
  if (found === undefined) throw new Error(`docs/poison.md names "${text}", which is none of ${known.join(', ')}`)
  return found
}
