import pc from 'picocolors'
import { outcomes } from '../../rules/rule-set.ts'
import { decisionText, outcomeText } from '../decision-view.ts'
import type { Output } from '../output.ts'
import { grouped } from '../progress.ts'
import type { Tally } from './tally.ts'

export interface Figures {
  readonly state: string
  readonly perSecond: number
  readonly lag: number
}

/** Shows the demo at work. */
export interface Dashboard {
  show(tally: Tally, figures: Figures): Promise<void>
}

/** Redraws in place on a terminal; elsewhere writes the latest flagged decisions and a line of figures. */
export const createDashboard = (to: Output): Dashboard => (to.isTTY ? new Screen(to) : new Lines(to))

class Screen implements Dashboard {
  readonly #to: Output
  #height = 0

  constructor(to: Output) {
    this.#to = to
  }

  async show(tally: Tally, figures: Figures): Promise<void> {
    // What does not fit would scroll away, and could not be drawn over.
    const lines = screenLines(tally, figures)
      .slice(0, this.#to.rows - 1)
      .map((line) => cut(line, this.#to.columns - 1))
    const up = this.#height === 0 ? '' : `\x1b[${this.#height}A`
    this.#height = lines.length
    await this.#to.write(`${up}\r${lines.map((line) => `\x1b[2K${line}\n`).join('')}\x1b[J`)
  }
}

class Lines implements Dashboard {
  readonly #to: Output
  #shown: unknown

  constructor(to: Output) {
    this.#to = to
  }

  async show(tally: Tally, figures: Figures): Promise<void> {
    for (const decision of tally.flagged.slice(tally.flagged.lastIndexOf(this.#shown as never) + 1)) {
      await this.#to.line(decisionText(decision))
      this.#shown = decision
    }
    await this.#to.line(summary(tally, figures))
  }
}

function screenLines(tally: Tally, figures: Figures): string[] {
  const counts = outcomes.map(
    (outcome) => `${outcomeText(outcome)} ${grouped(tally.outcomes.get(outcome) ?? 0).padStart(9)}`,
  )
  return [
    `${pc.bold('Weir')}  ${summary(tally, figures)}`,
    '',
    ...counts.map((line) => `  ${line}`),
    '',
    pc.dim(tally.flagged.length === 0 ? 'No rule has fired yet.' : 'The latest decisions in which a rule fired:'),
    ...tally.flagged.flatMap((decision) => decisionText(decision).split('\n')),
    '',
    pc.dim('Ctrl-C ends; the next start goes on from here.'),
  ]
}

function summary({ sent, decided }: Tally, { state, perSecond, lag }: Figures): string {
  const rate = perSecond.toFixed(perSecond < 10 ? 1 : 0)
  return `${state}  ${grouped(sent)} events sent  ${grouped(decided)} decided  ${rate} decisions/s  lag ${grouped(lag)}`
}

/** Cuts to so many characters, colours not counted. */
function cut(line: string, width: number): string {
  let left = width
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape
  return line.replace(/\x1b\[\d+m|[^\x1b]/gu, (piece) => (piece.startsWith('\x1b') || left-- > 0 ? piece : ''))
}
