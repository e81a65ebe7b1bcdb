import pc from 'picocolors'
import { headerNames } from '../record/headers.ts'
import type { LogRecord } from '../record/record.ts'
import { formatEventTime } from '../time/event-time.ts'

/** A decision as its record holds it: the fields that people read. */
export interface DecisionValue {
  readonly decisionId: string
  readonly key: string
  readonly outcome: string
  readonly score: number
  readonly event: { readonly id: string; readonly time: number; readonly type: string }
  readonly fired: readonly {
    readonly rule: string
    readonly mode: string
    readonly outcome: string
    readonly score: number
    readonly reason?: string
    readonly evidence: readonly { readonly id: string; readonly step: string }[]
  }[]
  readonly failed: readonly { readonly rule: string; readonly code: string }[]
  readonly late?: number
}

const decisionKind = Buffer.from('decision')

/** True for decisions, judged by the header alone. */
export const isDecision = ({ headers }: LogRecord): boolean => headers[headerNames.kind]?.equals(decisionKind) === true

/** The decision in a record's value; `undefined` when it holds none. */
export function decisionOf({ value }: LogRecord): DecisionValue | undefined {
  try {
    const decision = JSON.parse(value?.toString('utf8') ?? '')
    return typeof decision?.decisionId === 'string' && Array.isArray(decision.fired) ? decision : undefined
  } catch {
    return undefined
  }
}

const colours: Readonly<Record<string, (text: string) => string>> = {
  allow: pc.green,
  review: pc.yellow,
  challenge: pc.magenta,
  block: pc.red,
}

/** The outcome in its colour, padded to the longest. */
export const outcomeText = (outcome: string): string => (colours[outcome] ?? pc.cyan)(outcome.padEnd(9))

/** One line about the event, and one for each rule that fired or failed: its reason and the events it rests on. */
export function decisionText(decision: DecisionValue): string {
  const { event, fired, failed, late } = decision
  const about = [
    pc.dim(formatEventTime(event.time)),
    outcomeText(decision.outcome),
    String(decision.score).padStart(3),
    pc.bold(decision.key),
    `${event.type} ${event.id}`,
    ...(late === undefined ? [] : [pc.dim(`late by ${Math.round(late / 1000)} s`)]),
  ].join('  ')
  const rules = fired.map((rule) => {
    const mode = rule.mode === 'live' ? '' : pc.dim(` (${rule.mode})`)
    const reason = rule.reason === undefined ? '' : `: ${rule.reason}`
    const evidence = rule.evidence.map(({ step, id }) => `${step} ${id}`).join(', ')
    return `    ${rule.rule}${mode}${reason}${evidence === '' ? '' : pc.dim(` [${evidence}]`)}`
  })
  const failures = failed.map(({ rule, code }) => `    ${rule} ${pc.red(`failed: ${code}`)}`)
  return [about, ...rules, ...failures].join('\n')
}
