import { compileCall, compileMethod } from './expression-functions.ts'
import { compileList, compileLiteral } from './expression-literals.ts'
import { compileMacro, macroNames } from './expression-macros.ts'
import { type Compilation, never, type Run, type Typed, typeName, variadic } from './expression-node.ts'
import { compileBinary, compileChoice, compileUnary } from './expression-operators.ts'
import type { ASTNode } from './expression-parser.ts'
import { type PathStep, pathOf, reader } from './expression-path.ts'
import type { ExpressionCode, ExpressionProblem } from './expression-problem.ts'
import type { Decl, DeclaredScope, RecordDecl } from './scope.ts'
import { nearest, suggestion } from './suggest.ts'
import { elementTypeOf, type Geo, type ValueType } from './value-type.ts'

const binaryOperators = new Set(['&&', '||', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in'])

interface Local {
  readonly type: ValueType | 'unknown'
  readonly cell: { readonly value: unknown }
}

/** Checks a parsed expression and turns it into closures. One instance serves one expression. */
export class ExpressionCompiler implements Compilation {
  readonly scope: DeclaredScope
  readonly problems: ExpressionProblem[] = []
  readonly reads = new Set<string>()
  readonly lists = new Set<string>()
  pii = false
  readonly #locals = new Map<string, Local>()

  constructor(scope: DeclaredScope) {
    this.scope = scope
  }

  compile(node: ASTNode): Typed {
    if (binaryOperators.has(node.op)) {
      const [left, right] = node.args as [ASTNode, ASTNode]
      return compileBinary(this, node, left, right)
    }
    switch (node.op) {
      case 'value':
        return compileLiteral(this, node, node.args)
      case 'id':
      case '.':
      case '[]':
        return this.#read(node)
      case 'call':
        return node.args[0] === 'has' ? this.#has(node, node.args[1]) : compileCall(this, node, ...node.args)
      case 'rcall': {
        const [name, receiver, args] = node.args
        const macro = (macroNames as readonly string[]).includes(name)
        return macro ? compileMacro(this, node, name, receiver, args) : compileMethod(this, node, name, receiver, args)
      }
      case '!_':
      case '-_':
        return compileUnary(this, node, node.args)
      case '?:':
        return compileChoice(this, node, ...node.args)
      case 'list':
        return compileList(this, node, node.args)
      default:
        return this.problem(node, 'not-supported', 'this part of CEL is not supported in rules')
    }
  }

  compileWith(name: string, type: ValueType | 'unknown', cell: { value: unknown }, node: ASTNode): Typed {
    const outer = this.#locals.get(name)
    if (this.scope.names.has(name)) {
      return this.problem(node, 'not-supported', `${name} already means something else`, 'choose another name')
    }
    this.#locals.set(name, { type, cell })
    const typed = this.compile(node)
    if (outer === undefined) this.#locals.delete(name)
    else this.#locals.set(name, outer)
    return typed
  }

  problem(node: ASTNode, code: ExpressionCode, message: string, hint?: string): Typed {
    // Of a path, `pos` is its last name: the misspelt one.
    const start = code.startsWith('unknown-') ? node.pos : node.start
    this.problems.push({ code, message, ...(hint === undefined ? {} : { hint }), start, end: node.end })
    return { type: 'unknown', run: never, node }
  }

  readsList(name: string): void {
    this.lists.add(name)
  }

  /** A path of names, an element of a list, or a coordinate of a geo. */
  #read(node: ASTNode): Typed {
    const path = pathOf(node)
    if (path !== undefined && !this.#locals.has(path[0]!.name)) return this.#path(node, path)
    if (node.op === 'id') {
      const local = this.#locals.get(node.args)!
      return { type: local.type, run: () => local.cell.value, node }
    }
    if (node.op === '.') {
      const inner = this.compile(node.args[0])
      return this.#coordinate(node, inner, node.args[1])
    }
    if (node.op !== '[]') return this.problem(node, 'not-supported', 'this cannot be read')
    const list = this.compile(node.args[0])
    const index = this.compile(node.args[1])
    if (list.type === 'unknown' || index.type === 'unknown') return { type: 'unknown', run: never, node }
    const element = elementTypeOf(list.type)
    if (element === undefined || index.type !== 'double') {
      const message = `a ${typeName(list.type)} has no [${typeName(index.type)}]`
      return this.problem(node, 'type-mismatch', message, 'only a list can be indexed, by a number from 0')
    }
    // An index that is not whole or out of range is CEL's error, which reading past an array gives.
    const run = variadic([list.run, index.run], ([items, at]) => (items as unknown[])[at as number])
    return { type: element, run, node }
  }

  #coordinate(node: ASTNode, inner: Typed, name: string): Typed {
    if (inner.type === 'unknown') return inner
    if (inner.type !== 'geo') {
      return this.problem(node, 'unknown-field', `a ${typeName(inner.type)} has no field ${name}`)
    }
    if (name !== 'lat' && name !== 'lon') {
      return this.problem(
        node,
        'unknown-field',
        `a geo has no field ${name}`,
        suggestion(name, ['lat', 'lon'], 'fields'),
      )
    }
    const run: Run = (scope) => (inner.run(scope) as Geo | undefined)?.[name]
    return { type: 'double', run, node }
  }

  #path(node: ASTNode, path: readonly PathStep[]): Typed {
    const [root, ...rest] = path as [PathStep, ...PathStep[]]
    let decl: Decl | undefined = this.scope.names.get(root.name)
    if (decl === undefined) {
      return this.problem(root.node, 'unknown-name', `there is no ${root.name} here`, this.#hintFor(root.name))
    }
    const keys = [root.name]
    for (const [index, step] of rest.entries()) {
      if (decl.kind === 'forbidden') return this.problem(node, 'not-readable-here', decl.why, decl.hint)
      if (decl.kind === 'value') {
        const value: Typed = { type: decl.type, run: reader(keys), node: step.node }
        this.#note(decl.pii, path)
        let typed = value
        for (const field of rest.slice(index)) typed = this.#coordinate(field.node, typed, field.name)
        return { ...typed, node }
      }
      const member: Decl | undefined = decl.members.get(step.name)
      if (member === undefined) return this.#unknownMember(decl, step)
      keys.push(step.name)
      decl = member
    }
    if (decl.kind === 'forbidden') return this.problem(node, 'not-readable-here', decl.why, decl.hint)
    if (decl.kind === 'record') {
      const hint = `read one of its ${decl.noun}s, such as ${keys.join('.')}.${[...decl.members.keys()][0] ?? 'name'}`
      return this.problem(node, 'not-a-value', `${keys.join('.')} has no value of its own`, hint)
    }
    this.#note(decl.pii, path)
    return { type: decl.type, run: reader(keys), node }
  }

  /** A field without its `e.` and a text without its quotes are the commonest slips. */
  #hintFor(name: string): string {
    const event = this.scope.names.get('e')
    if (event?.kind === 'record' && event.members.has(name)) return `did you mean e.${name}?`
    const known = [...this.scope.names].filter(([, decl]) => decl.kind !== 'forbidden').map(([each]) => each)
    const near = name.length > 2 ? nearest(name, known) : undefined
    if (near !== undefined) return `did you mean ${near}?`
    return `a text needs quotes ('${name}'); what can be read here: ${known.join(', ')}`
  }

  #unknownMember(decl: RecordDecl, step: PathStep): Typed {
    const code = `unknown-${decl.noun}` as const
    const what =
      decl.noun === 'field' ? `${decl.label} has no field ${step.name}` : `there is no ${decl.noun} ${step.name}`
    return this.problem(step.node, code, what, suggestion(step.name, decl.members.keys(), `${decl.noun}s`))
  }

  #note(pii: boolean, path: readonly PathStep[]): void {
    this.reads.add(path.map((step) => step.name).join('.'))
    if (pii) this.pii = true
  }

  /** Only the last step may be absent: reading `has(e.geo.lat)` of an absent `e.geo` is an error, as CEL says. */
  #has(node: ASTNode, args: readonly ASTNode[]): Typed {
    const [operand] = args
    const path = operand === undefined || args.length !== 1 ? undefined : pathOf(operand)
    if (operand === undefined || path === undefined || path.length < 2 || this.#locals.has(path[0]!.name)) {
      const hint = 'write has(e.field), has(f.feature) or has(t.table.field)'
      return this.problem(node, 'wrong-arguments', 'has() asks whether a field is there', hint)
    }
    const table = this.#recordAt(path)
    if (table !== undefined) {
      this.reads.add(path.map((step) => step.name).join('.'))
      const row = reader(path.map((step) => step.name))
      return { type: 'bool', run: (scope) => row(scope) !== undefined, node }
    }
    const typed = this.compile(operand)
    if (typed.type === 'unknown') return { type: 'bool', run: never, node }
    if (this.#isCoordinate(path)) {
      return { type: 'bool', run: (scope) => (typed.run(scope) === undefined ? undefined : true), node }
    }
    return { type: 'bool', run: (scope) => typed.run(scope) !== undefined, node }
  }

  #isCoordinate(path: readonly PathStep[]): boolean {
    let decl = this.scope.names.get(path[0]!.name)
    for (const step of path.slice(1, -1)) decl = decl?.kind === 'record' ? decl.members.get(step.name) : undefined
    return decl?.kind === 'value'
  }

  /** The row that a path such as `t.customers` names as a whole. */
  #recordAt(path: readonly PathStep[]): RecordDecl | undefined {
    const root = this.scope.names.get(path[0]!.name)
    if (path.length !== 2 || root?.kind !== 'record') return undefined
    const member = root.members.get(path[1]!.name)
    return member?.kind === 'record' ? member : undefined
  }
}
