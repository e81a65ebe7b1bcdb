import { parseArgs } from 'node:util'

export interface Arguments {
  /** Names of campaigns. */
  readonly names: readonly string[]
  readonly small: boolean
  readonly seed: number
  readonly standby?: number
  readonly events?: number
  readonly kills?: number
  readonly rounds?: number
  readonly times?: number
  /** Events a second. */
  readonly rate?: number
  readonly minutes?: number
  readonly out?: string
  readonly doc?: string
}

const numbers = ['events', 'kills', 'rounds', 'times', 'rate', 'minutes', 'seed', 'standby'] as const

/** @throws Error that says what is wrong */
export function readArguments(args: readonly string[], known: readonly string[]): Arguments | 'help' {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ...Object.fromEntries(numbers.map((name) => [name, text])),
      small: { type: 'boolean' },
      out: text,
      doc: text,
      help: { type: 'boolean' },
    },
  })
  // Without a campaign the page alone is made.
  if (values.help === true || (positionals.length === 0 && values['doc'] === undefined)) return 'help'
  const names = positionals.includes('all') ? known : positionals
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`there is no campaign "${unknown}"; there are ${known.join(', ')} and all`)
  const texts = values as Readonly<Record<string, string | boolean | undefined>>
  const read = Object.fromEntries(
    numbers
      .filter((name) => texts[name] !== undefined)
      .map((name) => {
        const value = Number(texts[name])
        if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} takes a number`)
        return [name, value]
      }),
  )
  const { out, doc, small = false } = values as { out?: string; doc?: string; small?: boolean }
  if (doc !== undefined && out === undefined) throw new Error('--doc shows what lies in --out: say both')
  return {
    names,
    small,
    seed: 1,
    ...read,
    ...(out === undefined ? {} : { out }),
    ...(doc === undefined ? {} : { doc }),
  }
}
