import type { Comparison, Expression } from '../expression.ts'

type Constant = string | number | boolean

interface Bound {
  readonly path: string
  readonly op: Comparison['op']
  readonly value: Constant
}

const turned: Readonly<Record<Comparison['op'], Comparison['op']>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

/**
 * Two parts of a condition that cannot both be true, such as `e.amount > 5 && e.amount < 3`, as their texts; `undefined` when
 * none are seen. Only comparisons of one path with a constant are looked at, so what is found is certain and not all that there is.
 */
export function contradictionIn(condition: Expression): readonly [string, string] | undefined {
  const bounds = condition.conjuncts.flatMap((part) => {
    const bound = boundOf(part)
    return bound === undefined ? [] : [{ part, bound }]
  })
  for (const [index, { part, bound }] of bounds.entries()) {
    const other = bounds.slice(0, index).find((each) => each.bound.path === bound.path && excludes(each.bound, bound))
    if (other !== undefined) return [other.part.text, part.text]
  }
  return undefined
}

function boundOf({ comparison }: Expression): Bound | undefined {
  if (comparison === undefined) return undefined
  const { op, left, right } = comparison
  const [leftValue, rightValue] = [constantOf(left), constantOf(right)]
  if (isPath(left) && rightValue !== undefined) return { path: left.text, op, value: rightValue }
  if (isPath(right) && leftValue !== undefined) return { path: right.text, op: turned[op], value: leftValue }
  return undefined
}

const isPath = ({ text, reads }: Expression): boolean => reads.length === 1 && reads[0] === text

function constantOf({ reads, lists, evaluate }: Expression): Constant | undefined {
  if (reads.length > 0 || lists.length > 0) return undefined
  const value = evaluate({})
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}

/** No value fulfils both: tried with the bounds themselves, what lies between them, and what lies beyond. */
function excludes(a: Bound, b: Bound): boolean {
  if (typeof a.value !== 'number' || typeof b.value !== 'number') {
    const both = [a, b].filter(({ op }) => op === '==')
    return both.some(({ value }) => !holds(a, value) || !holds(b, value))
  }
  const [low, high] = [Math.min(a.value, b.value), Math.max(a.value, b.value)]
  const tried = [low, high, low / 2 + high / 2, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return tried.every((value) => !(holds(a, value) && holds(b, value)))
}

function holds({ op, value }: Bound, tried: Constant): boolean {
  if (op === '==') return tried === value
  if (op === '!=') return tried !== value
  if (op === '<') return tried < value
  if (op === '<=') return tried <= value
  return op === '>' ? tried > value : tried >= value
}
