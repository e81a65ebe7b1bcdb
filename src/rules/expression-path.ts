import type { Run } from './expression-node.ts'
import type { ASTNode } from './expression-parser.ts'

/** One name of a path such as `e.geo.lat`. */
export interface PathStep {
  readonly name: string
  readonly node: ASTNode
}

/** `a.b.c` and `a['b']` as steps, or undefined when it is something else. */
export function pathOf(node: ASTNode): PathStep[] | undefined {
  if (node.op === 'id') return [{ name: node.args, node }]
  if (node.op !== '.' && node.op !== '[]') return undefined
  const inner = pathOf(node.args[0])
  const name = node.op === '.' ? node.args[1] : literalName(node.args[1])
  if (inner === undefined || name === undefined) return undefined
  inner.push({ name, node })
  return inner
}

const literalName = (node: ASTNode): string | undefined =>
  node.op === 'value' && typeof node.args === 'string' ? node.args : undefined

type Fields = Readonly<Record<string, unknown>> | null | undefined

/**
 * Reads what a path names; `undefined` when any part of it is absent. There are closures for the usual depths: reading fields is
 * most of what conditions cost.
 */
export function reader(keys: readonly string[]): Run {
  const [first, second, third] = keys as [string, string?, string?]
  if (second === undefined) return (scope) => scope[first] ?? undefined
  // What every object inherits (`constructor`) must not be taken for a field.
  if (keys.some((key) => key in Object.prototype)) return (scope) => ownField(scope, keys)
  if (third === undefined) return (scope) => (scope[first] as Fields)?.[second] ?? undefined
  return (scope) => ((scope[first] as Fields)?.[second] as Fields)?.[third] ?? undefined
}

/** The same for a path of any depth, and at once. */
export function ownField(scope: object, keys: readonly string[]): unknown {
  let value: unknown = scope
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value ?? undefined
}
