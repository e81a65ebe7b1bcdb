import { binary, type Compilation, fits, never, type Run, type Typed, typeName, unary } from './expression-node.ts'
import type { ASTNode } from './expression-parser.ts'
import { compareStrings, equal } from './expression-values.ts'
import { elementTypeOf, type ValueType } from './value-type.ts'

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
}

/** Written out, one closure an operator: comparisons of numbers are what conditions mostly do. */
const numberOrder: Readonly<Record<string, (a: Run, b: Run) => Run>> = {
  '<': (a, b) => binary(a, b, (x: number, y: number) => x < y),
  '<=': (a, b) => binary(a, b, (x: number, y: number) => x <= y),
  '>': (a, b) => binary(a, b, (x: number, y: number) => x > y),
  '>=': (a, b) => binary(a, b, (x: number, y: number) => x >= y),
}

const stringOrder: Readonly<Record<string, (a: Run, b: Run) => Run>> = {
  '<': (a, b) => binary(a, b, (x: string, y: string) => compareStrings(x, y) < 0),
  '<=': (a, b) => binary(a, b, (x: string, y: string) => compareStrings(x, y) <= 0),
  '>': (a, b) => binary(a, b, (x: string, y: string) => compareStrings(x, y) > 0),
  '>=': (a, b) => binary(a, b, (x: string, y: string) => compareStrings(x, y) >= 0),
}

/** Checks and compiles an operator with two operands, `&&` and `||` included. */
export function compileBinary(ctx: Compilation, node: ASTNode, left: ASTNode, right: ASTNode): Typed {
  if (node.op === '%') {
    ctx.compile(left)
    ctx.compile(right)
    return ctx.problem(node, 'remainder-operator', '% has no meaning here: all numbers are doubles')
  }
  const a = ctx.compile(left)
  const b = ctx.compile(right)
  const typed = (type: ValueType, run: Run): Typed => ({ type, run, node })
  const both = (type: ValueType) => fits(a.type, type) && fits(b.type, type)
  const unknown = a.type === 'unknown' || b.type === 'unknown'
  switch (node.op) {
    case '&&':
    case '||':
      for (const side of [a, b]) {
        if (fits(side.type, 'bool')) continue
        const hint = 'compare it with something: a condition on each side'
        ctx.problem(side.node, 'type-mismatch', `${node.op} needs true or false, found a ${typeName(side.type)}`, hint)
      }
      return typed('bool', node.op === '&&' ? and(a.run, b.run) : or(a.run, b.run))
    case '==':
    case '!=':
      if (!fits(a.type, b.type)) break
      return typed('bool', equality(node.op, a, b))
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (both('double')) return typed('bool', numberOrder[node.op]!(a.run, b.run))
      if (both('string')) return typed('bool', stringOrder[node.op]!(a.run, b.run))
      if (unknown) return typed('bool', never)
      break
    case '+':
      if (both('string') && !both('double'))
        return typed(
          'string',
          binary(a.run, b.run, (x: string, y: string) => x + y),
        )
      if (unknown) return { type: 'unknown', run: never, node }
      if (both('double')) return typed('double', binary(a.run, b.run, arithmetic['+']!))
      break
    case '-':
    case '*':
    case '/':
      if (both('double')) return typed('double', binary(a.run, b.run, arithmetic[node.op]!))
      break
    case 'in':
      return compileIn(ctx, node, a, b)
  }
  const message = `${node.op} does not go with a ${typeName(a.type)} and a ${typeName(b.type)}`
  return ctx.problem(node, 'type-mismatch', message, mixedHint(a, b))
}

function mixedHint(a: Typed, b: Typed): string {
  const types = new Set([a.type, b.type])
  if (types.has('double') && types.has('string')) {
    return 'quotes make a text and no quotes a number: write both sides alike, or convert with string(…) or double(…)'
  }
  return 'both sides must be of the same type'
}

function equality(op: '==' | '!=', a: Typed, b: Typed): Run {
  const scalar = a.type === 'double' || a.type === 'string' || a.type === 'bool'
  if (op === '==') return binary(a.run, b.run, scalar ? (x: unknown, y: unknown) => x === y : equal)
  return binary(a.run, b.run, scalar ? (x: unknown, y: unknown) => x !== y : (x: unknown, y: unknown) => !equal(x, y))
}

/** False wins over an error on the other side, as CEL says. */
const and =
  (a: Run, b: Run): Run =>
  (scope) => {
    const x = a(scope)
    if (x === false) return false
    const y = b(scope)
    if (y === false) return false
    return x === undefined || y === undefined ? undefined : true
  }

/** True wins over an error on the other side, as CEL says. */
const or =
  (a: Run, b: Run): Run =>
  (scope) => {
    const x = a(scope)
    if (x === true) return true
    const y = b(scope)
    if (y === true) return true
    return x === undefined || y === undefined ? undefined : false
  }

function compileIn(ctx: Compilation, node: ASTNode, a: Typed, b: Typed): Typed {
  if (a.type === 'unknown' || b.type === 'unknown') return { type: 'bool', run: never, node }
  const element = elementTypeOf(b.type)
  if (element === undefined) {
    const hint = "write x in ['a', 'b'], or inList('name', x) for a list of the rule set"
    return ctx.problem(b.node, 'type-mismatch', `in needs a list on its right, found a ${typeName(b.type)}`, hint)
  }
  if (a.type !== element) {
    const message = `a ${typeName(a.type)} cannot be in a list of ${typeName(element)}s`
    return ctx.problem(node, 'type-mismatch', message, mixedHint(a, { ...b, type: element }))
  }
  const literals = literalSet(b.node)
  if (literals !== undefined) return { type: 'bool', run: unary(a.run, (x: unknown) => literals.has(x)), node }
  const holds = (x: unknown, list: readonly unknown[]) => list.some((item) => equal(item, x))
  return { type: 'bool', run: binary(a.run, b.run, holds), node }
}

/** The values of a list that is written out. */
function literalSet(node: ASTNode): ReadonlySet<unknown> | undefined {
  if (node.op !== 'list') return undefined
  const values = new Set<unknown>()
  for (const item of node.args) {
    if (item.op !== 'value') return undefined
    values.add(typeof item.args === 'bigint' ? Number(item.args) : item.args)
  }
  return values
}

/** Checks and compiles `!x` and `-x`. */
export function compileUnary(ctx: Compilation, node: ASTNode, operand: ASTNode): Typed {
  const a = ctx.compile(operand)
  const wanted = node.op === '!_' ? 'bool' : 'double'
  if (!fits(a.type, wanted)) {
    const sign = node.op[0]
    return ctx.problem(node, 'type-mismatch', `${sign} needs a ${typeName(wanted)}, found a ${typeName(a.type)}`)
  }
  const run = wanted === 'bool' ? unary(a.run, (x: boolean) => !x) : unary(a.run, (x: number) => -x)
  return { type: wanted, run, node }
}

/** Checks and compiles `condition ? yes : no`. */
export function compileChoice(ctx: Compilation, node: ASTNode, condition: ASTNode, yes: ASTNode, no: ASTNode): Typed {
  const [test, a, b] = [ctx.compile(condition), ctx.compile(yes), ctx.compile(no)]
  if (!fits(test.type, 'bool')) {
    const message = `? needs a condition before it, and this is a ${typeName(test.type)}`
    return ctx.problem(condition, 'type-mismatch', message)
  }
  if (!fits(a.type, b.type)) {
    const message = `the two sides of : differ: a ${typeName(a.type)} and a ${typeName(b.type)}`
    return ctx.problem(node, 'type-mismatch', message, 'both must be of the same type')
  }
  const run: Run = (scope) => {
    const chosen = test.run(scope)
    return chosen === undefined ? undefined : chosen === true ? a.run(scope) : b.run(scope)
  }
  return { type: a.type === 'unknown' ? b.type : a.type, run, node }
}
