import { type Compilation, fits, never, type Typed, typeName, variadic } from './expression-node.ts'
import type { ASTNode } from './expression-parser.ts'
import type { ValueType } from './value-type.ts'

/** Checks and compiles a value that is written out. */
export function compileLiteral(ctx: Compilation, node: ASTNode, value: unknown): Typed {
  const typed = (type: ValueType, constant: unknown): Typed => ({ type, run: () => constant, node })
  if (typeof value === 'string') return typed('string', value)
  if (typeof value === 'boolean') return typed('bool', value)
  if (typeof value === 'number') return typed('double', value)
  if (typeof value === 'bigint') {
    if (value <= 2n ** 53n) return typed('double', Number(value))
    const hint = 'write it as a text, or with a decimal point if it need not be exact'
    return ctx.problem(node, 'number-out-of-range', 'a whole number is exact up to 2^53 only', hint)
  }
  if (value === null) {
    const hint = 'ask has(e.field) whether a field is there'
    return ctx.problem(node, 'null-literal', 'no value is ever null: it is there or absent', hint)
  }
  return ctx.problem(node, 'not-supported', 'only texts, numbers, true and false can be written out')
}

/** Checks and compiles a list that is written out. */
export function compileList(ctx: Compilation, node: ASTNode, nodes: readonly ASTNode[]): Typed {
  const items = nodes.map((item) => ctx.compile(item))
  const first = items.find((item) => item.type !== 'unknown')
  if (items.length === 0) {
    return ctx.problem(node, 'not-supported', 'an empty list says nothing', 'write at least one value')
  }
  if (first === undefined) return { type: 'unknown', run: never, node }
  for (const item of items) {
    if (fits(item.type, first.type)) continue
    const message = `this list holds ${typeName(first.type)}s, and this is a ${typeName(item.type)}`
    return ctx.problem(item.node, 'type-mismatch', message, 'a list holds values of one type')
  }
  if (first.type.startsWith('list<')) return ctx.problem(node, 'not-supported', 'a list of lists is not supported')
  const run = variadic(
    items.map((item) => item.run),
    (values) => values,
  )
  return { type: `list<${first.type}>` as ValueType, run, node }
}
