import type { ASTNode } from './expression-parser.ts'
import type { ExpressionCode } from './expression-problem.ts'
import type { DeclaredScope, Scope } from './scope.ts'
import type { ValueType } from './value-type.ts'

/** A compiled part of an expression: undefined is CEL's error, an absent field above all. */
export type Run = (scope: Scope) => unknown

/** What a part has been checked to be. `unknown` stands for a part with a problem: it fits everywhere, so one slip is one report. */
export interface Typed {
  readonly type: ValueType | 'unknown'
  readonly run: Run
  readonly node: ASTNode
}

/** Of a part with a problem: nothing runs it. */
export const never: Run = () => undefined

/** What compiling one expression collects, and how its parts compile theirs. */
export interface Compilation {
  readonly scope: DeclaredScope
  compile(node: ASTNode): Typed
  /** Compiles `node` while `name` stands for each element in turn; `cell.value` is the element. */
  compileWith(name: string, type: ValueType | 'unknown', cell: { value: unknown }, node: ASTNode): Typed
  /** Reports a problem at `node` and gives the part that stands for it. */
  problem(node: ASTNode, code: ExpressionCode, message: string, hint?: string): Typed
  readsList(name: string): void
}

/** The values that an operator or function was given, or undefined as soon as one is CEL's error. */
export function unary(a: Run, apply: (a: never) => unknown): Run {
  const call = apply as (a: unknown) => unknown
  return (scope) => {
    const x = a(scope)
    return x === undefined ? undefined : call(x)
  }
}

/** As `unary`, with two. */
export function binary(a: Run, b: Run, apply: (a: never, b: never) => unknown): Run {
  const call = apply as (a: unknown, b: unknown) => unknown
  return (scope) => {
    const x = a(scope)
    if (x === undefined) return undefined
    const y = b(scope)
    return y === undefined ? undefined : call(x, y)
  }
}

/** As `unary`, with any number. */
export const variadic =
  (runs: readonly Run[], apply: (values: unknown[]) => unknown): Run =>
  (scope) => {
    const values: unknown[] = []
    for (const run of runs) {
      const value = run(scope)
      if (value === undefined) return undefined
      values.push(value)
    }
    return apply(values)
  }

/** How messages name a type. */
export const typeName = (type: ValueType | 'unknown'): string =>
  type === 'double' ? 'number' : type.replace('double', 'number')

export const fits = (actual: ValueType | 'unknown', wanted: ValueType | 'unknown'): boolean =>
  actual === wanted || actual === 'unknown' || wanted === 'unknown'
