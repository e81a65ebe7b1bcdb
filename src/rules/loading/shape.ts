import { z } from 'zod'
import { nearest, suggestion } from '../suggest.ts'
import type { Issues } from './issues.ts'
import { decodeProblem } from './shape-problem.ts'
import { entryOf, plain, type Tree, treeAt } from './tree.ts'

type Path = readonly PropertyKey[]
type ZodIssue = z.core.$ZodIssue

/** Checks a part of a file against its schema and reports every problem with its place; undefined when there is one. */
export function checkShape<S extends z.ZodType>(schema: S, tree: Tree, issues: Issues): z.output<S> | undefined {
  const result = schema.safeParse(plain(tree))
  if (result.success) return result.data
  const translator = new Translator(tree, issues)
  for (const issue of result.error.issues) translator.report(schema, issue, [])
  return undefined
}

/** Turns a schema library's findings into sentences for people who write rules. */
class Translator {
  readonly #tree: Tree
  readonly #issues: Issues

  constructor(tree: Tree, issues: Issues) {
    this.#tree = tree
    this.#issues = issues
  }

  /** `base` leads from the tree to what `schema` describes. */
  report(schema: z.ZodType, issue: ZodIssue, base: Path): void {
    const path = [...base, ...issue.path]
    const target = schemaAt(schema, issue.path)
    const place = treeAt(this.#tree, path)
    const what = label(path)
    switch (issue.code) {
      case 'unrecognized_keys':
        for (const key of issue.keys) this.#unknownKey(target, place, key)
        return
      case 'invalid_union':
        this.#union(target, issue, path)
        return
      case 'invalid_value': {
        const values = issue.values.map(String)
        if (this.#isMissing(path)) return this.#missing(path, target)
        const found = shown(place)
        const hint = suggestion(found, values, 'one of')
        const code = place.kind === 'scalar' ? 'unknown-value' : 'wrong-type'
        this.#issues.error(place, code, `${what} cannot be ${found}`, hint)
        return
      }
      case 'invalid_type':
        if (this.#isMissing(path)) return this.#missing(path, target)
        return this.#wrongType(path, target)
      case 'invalid_key': {
        const key = String(path.at(-1))
        const entry = entryOf(treeAt(this.#tree, path.slice(0, -1)), key)
        const problem = decodeProblem(issue.issues[0]?.message ?? '')
        const message = `${key === '' ? 'an empty text' : key} ${problem?.message ?? 'cannot be a name'}`
        this.#issues.error(entry?.key ?? place, problem?.code ?? 'bad-name', message, problem?.hint)
        return
      }
      case 'too_small':
      case 'too_big':
        return this.#size(path, issue, target)
      default: {
        const problem = decodeProblem(issue.message)
        if (problem === undefined) return this.#wrongType(path, target)
        const found = shown(place)
        const near = problem.known === undefined ? undefined : nearest(found, problem.known)
        const hint = near === undefined ? problem.hint : `did you mean ${near}?`
        this.#issues.error(place, problem.code, `${what}: ${found} ${problem.message}`, hint)
      }
    }
  }

  #unknownKey(schema: z.ZodType | undefined, place: Tree, key: string): void {
    const object = objectOf(schema)
    const known = object === undefined ? [] : Object.keys(object.shape)
    const hint = suggestion(key, known, 'keys')
    this.#issues.error(entryOf(place, key)?.key ?? place, 'unknown-key', `${key} is no key of this`, hint)
  }

  /** Reports about the one alternative that was meant: the one whose own type fits, or the one with the fewest problems. */
  #union(schema: z.ZodType | undefined, issue: ZodIssue & { code: 'invalid_union' }, path: Path): void {
    if (this.#isMissing(path)) return this.#missing(path, schema)
    const branches = issue.errors.map((errors, index) => ({ errors, index }))
    const meant = branches.filter(({ errors }) => !errors.some((each) => each.path.length === 0 && isTypeIssue(each)))
    const [best] = meant.sort((a, b) => a.errors.length - b.errors.length)
    if (best === undefined || !(schema instanceof z.ZodUnion)) return this.#wrongType(path, schema)
    const option = schema.options[best.index] as z.ZodType
    for (const each of best.errors) this.report(option, each, path)
  }

  #isMissing(path: Path): boolean {
    if (path.length === 0) return false
    const parent = treeAt(this.#tree, path.slice(0, -1))
    return parent.kind === 'map' && !parent.entries.has(String(path.at(-1)))
  }

  #missing(path: Path, schema: z.ZodType | undefined): void {
    const key = String(path.at(-1))
    const hint = descriptionOf(schema)
    this.#issues.error(
      treeAt(this.#tree, path.slice(0, -1)),
      'missing-key',
      `${key} is missing`,
      hint === undefined ? `add ${key}` : `add ${key}: ${hint}`,
    )
  }

  #wrongType(path: Path, schema: z.ZodType | undefined): void {
    const place = treeAt(this.#tree, path)
    const wanted = descriptionOf(schema) ?? wantedType(schema)
    const isText = unwrapped(schema) instanceof z.ZodString && place.kind === 'scalar' && place.value !== null
    const hint = isText ? `put it in quotes: '${String(place.value)}'` : undefined
    this.#issues.error(place, 'wrong-type', `${label(path)} should be ${wanted}, found ${kindOf(place)}`, hint)
  }

  #size(path: Path, issue: ZodIssue & { code: 'too_small' | 'too_big' }, schema: z.ZodType | undefined): void {
    const place = treeAt(this.#tree, path)
    const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum
    const side = issue.code === 'too_small' ? 'least' : 'most'
    const what = label(path)
    if (issue.origin === 'string') {
      const message = issue.code === 'too_small' ? `${what} is empty` : `${what} is longer than ${bound} characters`
      this.#issues.error(place, 'out-of-range', message)
    } else if (issue.origin === 'array') {
      this.#issues.error(place, 'out-of-range', `${what} holds at ${side} ${bound} items`)
    } else {
      const wanted = descriptionOf(schema)
      this.#issues.error(place, 'out-of-range', `${what} is at ${side} ${bound}`, wanted && `write ${wanted}`)
    }
  }
}

const isTypeIssue = (issue: ZodIssue): boolean => issue.code === 'invalid_type' || issue.code === 'invalid_value'

function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema
  while (inner instanceof z.ZodOptional) inner = inner.unwrap() as z.ZodType
  return inner
}

/** The alternative that is a map: when it is the only one that fits, its problems come without the union's. */
function objectOf(schema: z.ZodType | undefined): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema
  if (!(schema instanceof z.ZodUnion)) return undefined
  return schema.options.find((option): option is z.ZodObject => option instanceof z.ZodObject)
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at = unwrapped(schema)
  for (const step of path) {
    if (at instanceof z.ZodUnion) at = objectOf(at)
    if (at instanceof z.ZodObject) {
      const { shape, def } = at as z.ZodObject
      at = (Object.hasOwn(shape, step) ? shape[String(step)] : def.catchall) as z.ZodType | undefined
    } else if (at instanceof z.ZodArray) at = at.element as z.ZodType
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType
    else return undefined
    at = unwrapped(at)
  }
  return at
}

const descriptionOf = (schema: z.ZodType | undefined): string | undefined => unwrapped(schema)?.description

function wantedType(schema: z.ZodType | undefined): string {
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return 'a map of keys and values'
  if (schema instanceof z.ZodArray) return 'a list'
  if (schema instanceof z.ZodNumber) return 'a number'
  if (schema instanceof z.ZodBoolean) return 'true or false'
  return 'a text'
}

/** The last key of a path, with the index behind it: `steps[2]`. */
function label(path: Path): string {
  const names = path.filter((step) => typeof step !== 'number')
  const last = path.at(-1)
  const name = String(names.at(-1) ?? 'this')
  return typeof last === 'number' ? `${name}[${last}]` : name
}

const shown = (tree: Tree): string =>
  tree.kind === 'scalar' ? (tree.value === '' ? 'an empty text' : String(tree.value).slice(0, 60)) : kindOf(tree)

function kindOf(tree: Tree): string {
  if (tree.kind !== 'scalar') return tree.kind === 'map' ? 'a map' : 'a list'
  if (tree.value === null) return 'nothing'
  return typeof tree.value === 'string' ? 'a text' : typeof tree.value === 'number' ? 'a number' : String(tree.value)
}
