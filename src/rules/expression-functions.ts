import { hourOfDay, isZone } from '../time/zone.ts'
import { binary, type Compilation, fits, type Run, type Typed, typeName, unary, variadic } from './expression-node.ts'
import type { ASTNode } from './expression-parser.ts'
import { codePoints, km, miles, round } from './expression-values.ts'
import { compilePattern } from './pattern/pattern.ts'
import type { DeclaredList, Scope } from './scope.ts'
import { suggestion } from './suggest.ts'
import { elementTypeOf, type ValueType } from './value-type.ts'

interface FunctionDef {
  /** As messages show it. */
  readonly usage: string
  readonly args: readonly ValueType[]
  readonly result: ValueType
  /** Gives undefined for CEL's error. */
  readonly apply: (...values: never[]) => unknown
}

const define = (usage: string, args: readonly ValueType[], result: ValueType, apply: FunctionDef['apply']) => ({
  usage,
  args,
  result,
  apply,
})

const times = (name: string, unitMs: number) =>
  define(`${name}(from, to)`, ['double', 'double'], 'double', (from: number, to: number) => (to - from) / unitMs)

/** Functions with one signature. */
const plain: Readonly<Record<string, FunctionDef>> = {
  km: define('km(geo, geo)', ['geo', 'geo'], 'double', km),
  miles: define('miles(geo, geo)', ['geo', 'geo'], 'double', miles),
  seconds: times('seconds', 1_000),
  minutes: times('minutes', 60_000),
  hours: times('hours', 3_600_000),
  days: times('days', 86_400_000),
  abs: define('abs(number)', ['double'], 'double', Math.abs),
  int: define('int(number)', ['double'], 'double', (x: number) => (Number.isFinite(x) ? Math.trunc(x) + 0 : undefined)),
}

/** Methods of strings with one signature; `matches` and `size` are apart. */
const methods: Readonly<Record<string, FunctionDef>> = {
  contains: define("text.contains('x')", ['string', 'string'], 'bool', (a: string, b: string) => a.includes(b)),
  startsWith: define("text.startsWith('x')", ['string', 'string'], 'bool', (a: string, b: string) => a.startsWith(b)),
  endsWith: define("text.endsWith('x')", ['string', 'string'], 'bool', (a: string, b: string) => a.endsWith(b)),
}

type Special = (ctx: Compilation, node: ASTNode, args: readonly ASTNode[]) => Typed

const special: Readonly<Record<string, Special>> = {
  size: (ctx, node, args) => {
    const [a] = args.map((arg) => ctx.compile(arg))
    if (a === undefined || args.length !== 1) return wrongCount(ctx, node, 'size(text or list)')
    if (a.type === 'string') return { type: 'double', run: unary(a.run, codePoints), node }
    if (a.type !== 'unknown' && elementTypeOf(a.type) === undefined) {
      return ctx.problem(node, 'type-mismatch', `size needs a text or a list, found a ${typeName(a.type)}`)
    }
    return { type: 'double', run: unary(a.run, (list: readonly unknown[]) => list.length), node }
  },
  min: (ctx, node, args) => extreme(ctx, node, args, 'min', Math.min),
  max: (ctx, node, args) => extreme(ctx, node, args, 'max', Math.max),
  round: (ctx, node, args) => {
    const [value, digits] = args
    if (value === undefined || args.length > 2) return wrongCount(ctx, node, 'round(number, digits)')
    const a = ctx.compile(value)
    if (!fits(a.type, 'double')) return wrongType(ctx, a, 'round', 'double')
    const count = digits === undefined ? 0 : wholeLiteral(digits)
    if (count === undefined || count > 15) {
      return ctx.problem(digits!, 'wrong-arguments', 'round needs its digits as a whole number from 0 to 15')
    }
    return { type: 'double', run: unary(a.run, (x: number) => round(x, count)), node }
  },
  double: (ctx, node, args) => {
    const [a] = args.map((arg) => ctx.compile(arg))
    if (a === undefined || args.length !== 1) return wrongCount(ctx, node, 'double(number or text)')
    if (a.type === 'double') return { ...a, node }
    if (!fits(a.type, 'string')) return wrongType(ctx, a, 'double', 'string')
    return { type: 'double', run: unary(a.run, numberOf), node }
  },
  string: (ctx, node, args) => {
    const [a] = args.map((arg) => ctx.compile(arg))
    if (a === undefined || args.length !== 1) return wrongCount(ctx, node, 'string(number, bool or text)')
    if (a.type === 'geo' || elementTypeOf(a.type as ValueType) !== undefined)
      return wrongType(ctx, a, 'string', 'double')
    return { type: 'string', run: unary(a.run, (x: unknown) => (Object.is(x, -0) ? '0' : String(x))), node }
  },
  hourOfDay: (ctx, node, args) => {
    const [time, zone] = args
    if (time === undefined || zone === undefined || args.length !== 2) {
      return wrongCount(ctx, node, "hourOfDay(e.time, 'Europe/London')")
    }
    const a = ctx.compile(time)
    if (!fits(a.type, 'double')) return wrongType(ctx, a, 'hourOfDay', 'double')
    const name = textLiteral(zone)
    if (name !== undefined && !isZone(name)) {
      return ctx.problem(zone, 'unknown-time-zone', `there is no time zone ${name}`, "write 'Europe/London' or 'UTC'")
    }
    const b = ctx.compile(zone)
    if (!fits(b.type, 'string')) return wrongType(ctx, b, 'hourOfDay', 'string')
    // A row may hold anything: what is no zone is like a zone that is absent.
    const hour = (ms: number, of: string) =>
      Math.abs(ms) <= latestMs && isZone(of) ? hourOfDay(Math.floor(ms), of) : undefined
    return { type: 'double', run: binary(a.run, b.run, hour), node }
  },
  inList: (ctx, node, args) => {
    const [list, value] = args
    if (list === undefined || value === undefined || args.length !== 2) {
      return wrongCount(ctx, node, "inList('name', value)")
    }
    const a = ctx.compile(value)
    const name = textLiteral(list)
    if (name === undefined) {
      const hint = "write inList('name', value)"
      return ctx.problem(list, 'wrong-arguments', 'inList needs the name of a list as a text', hint)
    }
    const declared = ctx.scope.lists.get(name)
    if (declared === undefined) {
      const hint = suggestion(name, ctx.scope.lists.keys(), 'lists')
      return ctx.problem(list, 'unknown-list', `there is no list ${name}`, hint)
    }
    if (a.type === 'geo' || a.type.startsWith('list<')) return wrongType(ctx, a, 'inList', 'string')
    if (declared.type !== undefined && !fits(a.type, declared.type)) {
      const message = `the list ${name} holds ${typeName(declared.type)}s, and this is a ${typeName(a.type)}`
      return ctx.problem(
        value,
        'type-mismatch',
        message,
        'quote the items of the list to make them texts, or remove the quotes',
      )
    }
    return { type: 'bool', run: membership(ctx, name, declared, a.run), node }
  },
}

const latestMs = 8.64e15

function membership(ctx: Compilation, name: string, list: DeclaredList, value: Run): Run {
  if (list.from === 'static') return unary(value, (x: string | number | boolean) => list.items.has(x))
  ctx.readsList(name)
  return (scope: Scope) => {
    const x = value(scope)
    if (x === undefined) return undefined
    if (scope.$inList === undefined) throw new Error(`no lookup for the control list ${name}`)
    return scope.$inList(name, x as string | number | boolean)
  }
}

/** Checks and compiles `name(args)`. */
export function compileCall(ctx: Compilation, node: ASTNode, name: string, args: readonly ASTNode[]): Typed {
  if (Object.hasOwn(special, name)) return special[name]!(ctx, node, args)
  if (Object.hasOwn(plain, name)) return applied(ctx, node, name, plain[name]!, args)
  for (const arg of args) ctx.compile(arg)
  const message = `there is no function ${name}`
  return ctx.problem(node, 'unknown-function', message, suggestion(name, functionNames, 'functions'))
}

/** Checks and compiles `receiver.name(args)`. */
export function compileMethod(
  ctx: Compilation,
  node: ASTNode,
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
): Typed {
  if (name === 'size' && args.length === 0) return special.size!(ctx, node, [receiver])
  if (name === 'matches') return matches(ctx, node, receiver, args)
  if (Object.hasOwn(methods, name)) return applied(ctx, node, name, methods[name]!, [receiver, ...args])
  const message = `there is no method ${name}`
  return ctx.problem(node, 'unknown-function', message, suggestion(name, methodNames, 'methods'))
}

export const functionNames = [...Object.keys(plain), ...Object.keys(special), 'has'].sort()
const methodNames = [...Object.keys(methods), 'matches', 'size', 'all', 'exists', 'exists_one', 'filter', 'map'].sort()

function matches(ctx: Compilation, node: ASTNode, receiver: ASTNode, args: readonly ASTNode[]): Typed {
  const a = ctx.compile(receiver)
  const [pattern] = args
  if (pattern === undefined || args.length !== 1) return wrongCount(ctx, node, "text.matches('[a-z]+')")
  if (!fits(a.type, 'string')) return wrongType(ctx, a, 'matches', 'string')
  const text = textLiteral(pattern)
  if (text === undefined) {
    return ctx.problem(pattern, 'pattern-invalid', 'matches needs its pattern as a text that is written out')
  }
  const test = compilePattern(text)
  if (typeof test !== 'function') return ctx.problem(pattern, 'pattern-invalid', test.message, test.hint)
  return { type: 'bool', run: unary(a.run, test), node }
}

function applied(ctx: Compilation, node: ASTNode, name: string, def: FunctionDef, args: readonly ASTNode[]): Typed {
  const parts = args.map((arg) => ctx.compile(arg))
  if (parts.length !== def.args.length) return wrongCount(ctx, node, def.usage)
  let sound = true
  for (const [index, wanted] of def.args.entries()) {
    if (fits(parts[index]!.type, wanted)) continue
    wrongType(ctx, parts[index]!, name, wanted, `write it as ${def.usage}`)
    sound = false
  }
  if (!sound) return { type: def.result, run: () => undefined, node }
  const [a, b] = parts
  const run = b === undefined ? unary(a!.run, def.apply) : binary(a!.run, b.run, def.apply)
  return { type: def.result, run, node }
}

function extreme(
  ctx: Compilation,
  node: ASTNode,
  args: readonly ASTNode[],
  name: string,
  pick: (...values: number[]) => number,
): Typed {
  const parts = args.map((arg) => ctx.compile(arg))
  if (parts.length < 2) return wrongCount(ctx, node, `${name}(number, number)`)
  for (const part of parts) if (!fits(part.type, 'double')) return wrongType(ctx, part, name, 'double')
  const runs = parts.map((part) => part.run)
  return { type: 'double', run: variadic(runs, (values) => pick(...(values as number[]))), node }
}

/** A text that writes a finite decimal number; anything else is CEL's error. */
function numberOf(text: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value + 0 : undefined
}

const wrongCount = (ctx: Compilation, node: ASTNode, usage: string): Typed =>
  ctx.problem(node, 'wrong-arguments', 'the number of arguments is wrong', `write it as ${usage}`)

const wrongType = (ctx: Compilation, part: Typed, name: string, wanted: ValueType, hint?: string): Typed =>
  ctx.problem(part.node, 'type-mismatch', `${name} needs a ${typeName(wanted)}, found a ${typeName(part.type)}`, hint)

const textLiteral = (node: ASTNode): string | undefined =>
  node.op === 'value' && typeof node.args === 'string' ? node.args : undefined

function wholeLiteral(node: ASTNode): number | undefined {
  if (node.op !== 'value' || (typeof node.args !== 'bigint' && typeof node.args !== 'number')) return undefined
  const value = Number(node.args)
  return Number.isInteger(value) ? value : undefined
}
