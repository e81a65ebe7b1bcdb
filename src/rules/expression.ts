import { ExpressionCompiler } from './expression-compiler.ts'
import { fits, type Run, typeName } from './expression-node.ts'
import { type ASTNode, parseExpression } from './expression-parser.ts'
import { ExpressionFailure, type ExpressionProblem } from './expression-problem.ts'
import type { DeclaredScope, Scope } from './scope.ts'
import type { ValueType } from './value-type.ts'

export type { ExpressionProblem } from './expression-problem.ts'
export type { DeclaredScope, ListLookup, Scope } from './scope.ts'

/** A checked and compiled CEL expression. Pure: the same scope gives the same value. */
export interface Expression<T = unknown> {
  readonly text: string
  readonly type: ValueType
  /** What it reads, as written and sorted, also inside `has()`: `e.amount`, `f.spend_24h`, `t.customers.balance`, `a.geo`, `key`. */
  readonly reads: readonly string[]
  /** The control lists that it asks for. */
  readonly lists: readonly string[]
  /** True when it reads a masked field. */
  readonly pii: boolean
  /**
   * The operands of its top-level `&&`, itself if there is none: a condition is true exactly when all of them are true.
   */
  readonly conjuncts: readonly Expression[]
  /** The operator and both sides of a top-level comparison. */
  readonly comparison: Comparison | undefined
  /** Undefined when it reads an absent field or meets another CEL error. What it throws is a failure of ours. */
  evaluate(scope: Scope): T | undefined
}

const comparisonOps = ['==', '!=', '<', '<=', '>', '>='] as const

export interface Comparison {
  readonly op: (typeof comparisonOps)[number]
  readonly left: Expression
  readonly right: Expression
}

export interface CompiledExpression {
  /** Absent when there are problems. */
  readonly expression?: Expression
  readonly problems: readonly ExpressionProblem[]
}

/**
 * Parses, checks and compiles a CEL expression whose value must be of one of the `expected` types. All problems at
 * once, with their positions in the text; nothing is thrown.
 */
export function compileExpression(
  text: string,
  scope: DeclaredScope,
  expected: readonly ValueType[],
): CompiledExpression {
  try {
    const ast = parseExpression(text)
    const compiler = new ExpressionCompiler(scope)
    const typed = compiler.compile(ast)
    const { type } = typed
    if (compiler.problems.length === 0 && !expected.some((each) => fits(type, each))) {
      compiler.problem(ast, 'result-type', wrongResult(type, expected))
    }
    if (compiler.problems.length > 0 || type === 'unknown') return { problems: compiler.problems }
    return { expression: new Compiled(text, ast, scope, compiler, typed.run, type), problems: [] }
  } catch (error) {
    if (error instanceof ExpressionFailure) return { problems: [error.problem] }
    throw error
  }
}

function wrongResult(type: ValueType | 'unknown', expected: readonly ValueType[]): string {
  if (expected.length === 1 && expected[0] === 'bool')
    return `a condition must be true or false, and this is a ${typeName(type)}`
  return `this must be a ${expected.map(typeName).join(' or ')}, and it is a ${typeName(type)}`
}

class Compiled implements Expression {
  readonly text: string
  readonly type: ValueType
  readonly reads: readonly string[]
  readonly lists: readonly string[]
  readonly pii: boolean
  readonly evaluate: Run
  readonly #ast: ASTNode
  readonly #scope: DeclaredScope

  constructor(
    text: string,
    ast: ASTNode,
    scope: DeclaredScope,
    compiler: ExpressionCompiler,
    run: Run,
    type: ValueType,
  ) {
    this.text = text
    this.type = type
    this.reads = [...compiler.reads].sort()
    this.lists = [...compiler.lists].sort()
    this.pii = compiler.pii
    this.evaluate = run
    this.#ast = ast
    this.#scope = scope
  }

  get conjuncts(): readonly Expression[] {
    const parts: ASTNode[] = []
    const open = [this.#ast]
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.op === '&&') open.push(node.args[1], node.args[0])
      else parts.push(node)
    }
    return parts.length === 1 ? [this] : parts.map((part) => this.#part(part))
  }

  get comparison(): Comparison | undefined {
    const op = comparisonOps.find((each) => each === this.#ast.op)
    if (op === undefined) return undefined
    const [left, right] = this.#ast.args as [ASTNode, ASTNode]
    return { op, left: this.#part(left), right: this.#part(right) }
  }

  #part(ast: ASTNode): Expression {
    const compiler = new ExpressionCompiler(this.#scope)
    const { run, type } = compiler.compile(ast)
    return new Compiled(ast.input.slice(ast.start, ast.end), ast, this.#scope, compiler, run, type as ValueType)
  }
}
