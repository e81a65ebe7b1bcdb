import { type Compilation, fits, type Run, type Typed, typeName } from './expression-node.ts'
import type { ASTNode } from './expression-parser.ts'
import { elementTypeOf, type ValueType } from './value-type.ts'

export const macroNames = ['all', 'exists', 'exists_one', 'filter', 'map'] as const

type Cell = { value: unknown }
type Fold = (list: Run, cell: Cell, body: Run) => Run

const folds: Readonly<Record<(typeof macroNames)[number], Fold>> = {
  all: (list, cell, body) => quantifier(list, cell, body, false),
  exists: (list, cell, body) => quantifier(list, cell, body, true),
  exists_one: (list, cell, body) =>
    each(list, cell, body, (_items, results) => results.filter((result) => result === true).length === 1),
  filter: (list, cell, body) =>
    each(list, cell, body, (items, results) => items.filter((_item, index) => results[index] === true)),
  map: (list, cell, body) => each(list, cell, body, (_items, results) => results),
}

/** CEL's loops over a list: `tags.exists(t, t == 'vip')`. */
export function compileMacro(ctx: Compilation, node: ASTNode, name: string, receiver: ASTNode, args: ASTNode[]): Typed {
  const list = ctx.compile(receiver)
  const element = list.type === 'unknown' ? 'unknown' : elementTypeOf(list.type)
  if (element === undefined) {
    const message = `${name}(…) goes over a list, and this is a ${typeName(list.type)}`
    return ctx.problem(receiver, 'type-mismatch', message)
  }
  const [variable, body] = args
  if (args.length !== 2 || variable?.op !== 'id' || body === undefined) {
    const message = `${name} needs a name and an expression`
    return ctx.problem(node, 'wrong-arguments', message, `write it as tags.${name}(t, t == 'x')`)
  }
  // One cell serves every evaluation: they are synchronous, and nested loops have cells of their own.
  const cell: Cell = { value: undefined }
  const typed = ctx.compileWith(variable.args, element, cell, body)
  if (name !== 'map' && !fits(typed.type, 'bool')) {
    const message = `${name} needs a condition, and this is a ${typeName(typed.type)}`
    return ctx.problem(body, 'type-mismatch', message)
  }
  const run = folds[name as keyof typeof folds](list.run, cell, typed.run)
  if (name === 'filter') return { type: list.type, run, node }
  if (name !== 'map') return { type: 'bool', run, node }
  if (typed.type.startsWith('list<')) return ctx.problem(body, 'not-supported', 'a list of lists is not supported')
  return { type: typed.type === 'unknown' ? 'unknown' : (`list<${typed.type}>` as ValueType), run, node }
}

/** One element that decides is enough, whatever errors the others meet. */
const quantifier =
  (list: Run, cell: Cell, body: Run, decisive: boolean): Run =>
  (scope) => {
    const items = list(scope) as readonly unknown[] | undefined
    if (items === undefined) return undefined
    let failed = false
    for (const item of items) {
      cell.value = item
      const result = body(scope)
      if (result === decisive) return decisive
      if (result === undefined) failed = true
    }
    return failed ? undefined : !decisive
  }

/** Every element counts: an error at one is the error of all. */
const each =
  (list: Run, cell: Cell, body: Run, finish: (items: readonly unknown[], results: unknown[]) => unknown): Run =>
  (scope) => {
    const items = list(scope) as readonly unknown[] | undefined
    if (items === undefined) return undefined
    const results: unknown[] = []
    for (const item of items) {
      cell.value = item
      const result = body(scope)
      if (result === undefined) return undefined
      results.push(result)
    }
    return finish(items, results)
  }
