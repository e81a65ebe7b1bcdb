import {
  compileExpression,
  type DeclaredScope,
  type Expression,
  type ExpressionProblem,
  type Scope,
} from './expression.ts'
import type { Geo, ValueType } from './value-type.ts'

/** A reason with `{expression}` in it. */
export interface Template {
  readonly text: string
  /** What its expressions read, as written, sorted. */
  readonly reads: readonly string[]
  /** The control lists that its expressions ask for. */
  readonly lists: readonly string[]
  /** Numbers with at most two decimals; an absent value prints `?`, a masked one `***`. */
  render(scope: Scope): string
}

export interface TemplateProblem extends Omit<ExpressionProblem, 'code'> {
  readonly code: ExpressionProblem['code'] | 'template-open'
}

export interface CompiledTemplate {
  readonly template?: Template
  /** Positions are those in the template's text. */
  readonly problems: readonly TemplateProblem[]
}

const printable: readonly ValueType[] = [
  'string',
  'double',
  'bool',
  'geo',
  'list<string>',
  'list<double>',
  'list<bool>',
  'list<geo>',
]

/** Compiles a reason: `{expression}` prints a value, `{{` and `}}` print braces. All problems at once. */
export function compileTemplate(text: string, scope: DeclaredScope): CompiledTemplate {
  const problems: TemplateProblem[] = []
  const parts: (string | Expression)[] = []
  for (const part of split(text)) {
    if (part.kind === 'text') parts.push(part.text)
    else if (part.kind === 'open') {
      const hint = 'close it with }, or write {{ for a brace'
      problems.push({
        code: 'template-open',
        message: 'this { is never closed',
        hint,
        start: part.at,
        end: text.length,
      })
    } else {
      const compiled = compileExpression(part.text, scope, printable)
      for (const each of compiled.problems) {
        problems.push({ ...each, start: part.at + each.start, end: part.at + each.end })
      }
      if (compiled.expression !== undefined) parts.push(compiled.expression)
    }
  }
  if (problems.length > 0) return { problems }
  const expressions = parts.filter((part) => typeof part !== 'string')
  const template: Template = {
    text,
    reads: [...new Set(expressions.flatMap((each) => each.reads))].sort(),
    lists: [...new Set(expressions.flatMap((each) => each.lists))].sort(),
    render: (values) => parts.map((part) => (typeof part === 'string' ? part : printed(part, values))).join(''),
  }
  return { template, problems }
}

type Part =
  | { kind: 'text'; text: string }
  | { kind: 'expression'; text: string; at: number }
  | { kind: 'open'; at: number }

function split(text: string): Part[] {
  const parts: Part[] = []
  let plain = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char
      at++
    } else if (char === '{') {
      const end = closingBrace(text, at + 1)
      if (plain !== '') parts.push({ kind: 'text', text: plain })
      plain = ''
      if (end === -1) return [...parts, { kind: 'open', at }]
      parts.push({ kind: 'expression', text: text.slice(at + 1, end), at: at + 1 })
      at = end
    } else plain += char
  }
  if (plain !== '') parts.push({ kind: 'text', text: plain })
  return parts
}

/** The position of the `}` that ends an expression; one inside quotes is part of a text. */
function closingBrace(text: string, from: number): number {
  let quote: string | undefined
  for (let at = from; at < text.length; at++) {
    const char = text[at]!
    if (quote !== undefined) {
      if (char === '\\') at++
      else if (char === quote) quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (char === '}') return at
  }
  return -1
}

function printed(expression: Expression, scope: Scope): string {
  const value = expression.evaluate(scope)
  if (value === undefined) return '?'
  return expression.pii ? '***' : print(value)
}

function print(value: unknown): string {
  if (typeof value === 'number') return printNumber(value)
  if (Array.isArray(value)) return value.map(print).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  const { lat, lon } = value as Geo
  return `${printNumber(lat)},${printNumber(lon)}`
}

/**
 * At most two decimals of the number's exact binary value, half away from zero, no trailing zeros, never an exponent;
 * -0 prints `0`.
 */
export function printNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1e21) return BigInt(value).toString()
  const text = value.toFixed(2).replace(/\.?0+$/, '')
  return text === '-0' ? '0' : text
}
