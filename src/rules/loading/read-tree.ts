import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import type { Issues } from './issues.ts'
import { placeName, type SourceFile } from './source-file.ts'
import type { Entry, Tree } from './tree.ts'

/** Bounds against files that are made to hurt: a few lines of aliases can stand for millions of values. */
export const limits = { fileBytes: 1_048_576, depth: 32, valuesPerFile: 250_000 }

/** Reads a YAML 1.2 or JSON file; undefined when it is empty or unreadable. Problems go to `issues`. */
export function readTree(file: SourceFile, issues: Issues): Tree | undefined {
  const start = { file, offset: 0 }
  if (Buffer.byteLength(file.text) > limits.fileBytes) {
    const hint = 'split it into several files: their sections are merged'
    issues.error(start, 'file-too-large', `the file is larger than ${limits.fileBytes / 1024} KB`, hint)
    return undefined
  }
  const json = file.path.endsWith('.json')
  // Tabs are no indentation in YAML, but whitespace in JSON, whose strings cannot hold any: offsets stay the same.
  const text = json ? file.text.replaceAll('\t', ' ') : file.text
  const document = parse(text)
  if (document === undefined) {
    issues.error(start, 'too-deep', 'values are nested too deeply')
    return undefined
  }
  const problems = [...document.errors, ...document.warnings]
  for (const problem of problems.slice(0, 20)) {
    const place = { file, offset: Math.min(problem.pos[0], file.text.length) }
    issues.error(place, json ? 'json-syntax' : 'yaml-syntax', sentence(problem.message), hintFor(problem.code))
  }
  if (problems.length > 0) return undefined
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    issues.error(start, 'yaml-syntax', 'rule files are YAML 1.2', 'remove the %YAML line')
    return undefined
  }
  if (json && !isJson(file, issues)) return undefined
  if (document.contents === null) return undefined
  return new Reader(file, aliasTargets(document), issues).read(document.contents)
}

/** The parser goes down by recursion: undefined when the text is nested beyond any sense. */
function parse(text: string): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: false,
      merge: false,
      prettyErrors: false,
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** What each alias stands for: the last node before it with that anchor. One pass, since looking each up is quadratic. */
function aliasTargets(document: Document): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Node, Node>()
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target !== undefined) targets.set(node, target)
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
  })
  return targets
}

const sentence = (message: string): string => message.slice(0, 1).toLowerCase() + message.slice(1)

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'put each document into a file of its own',
  TAG_RESOLVE_FAILED: 'a text that begins with ! needs quotes: "!has(e.amount)"',
  BLOCK_AS_IMPLICIT_KEY: 'check the indentation, and quote texts that contain ": "',
  MULTILINE_IMPLICIT_KEY: 'check the indentation, and quote texts that contain ": "',
  BAD_INDENT: 'check the indentation',
  BAD_ALIAS: 'a text that begins with * or & needs quotes',
  UNEXPECTED_TOKEN: 'quote texts that begin with a quote, a brace or a bracket, or contain " #"',
  MISSING_CHAR: 'quote texts that begin with a quote, a brace or a bracket',
  BAD_SCALAR_START: 'quote texts that begin with %, @ or `',
}

const hintFor = (code: string): string | undefined => hints[code]

function isJson(file: SourceFile, issues: Issues): boolean {
  try {
    JSON.parse(file.text)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? 0)
    const what = message.replace(/\s*(?:in JSON)?\s*at position .*$/s, '')
    issues.error({ file, offset: Math.min(at, file.text.length) }, 'json-syntax', sentence(what))
    return false
  }
}

class Reader {
  readonly #file: SourceFile
  readonly #targets: ReadonlyMap<Node, Node>
  readonly #issues: Issues
  #values = 0
  #stopped = false

  constructor(file: SourceFile, targets: ReadonlyMap<Node, Node>, issues: Issues) {
    this.#file = file
    this.#targets = targets
    this.#issues = issues
  }

  read(root: Node): Tree | undefined {
    const tree = this.#read(root, [])
    return this.#stopped ? undefined : tree
  }

  #read(node: Node | null, above: readonly Node[], fallback = 0): Tree {
    const offset = node?.range?.[0] ?? fallback
    const place = { file: this.#file, offset }
    const nothing: Tree = { ...place, kind: 'scalar', value: null, end: offset }
    if (this.#stopped || node === null) return nothing
    if (++this.#values > limits.valuesPerFile)
      return this.#stop(nothing, 'too-many-values', 'the file holds too many values')
    if (above.length > limits.depth) return this.#stop(nothing, 'too-deep', 'values are nested too deeply')
    if (isAlias(node)) {
      const target = this.#targets.get(node)
      if (target === undefined)
        return this.#stop(nothing, 'yaml-syntax', `there is no anchor &${node.source} before this`)
      if (above.includes(target)) return this.#stop(nothing, 'alias-in-itself', `*${node.source} contains itself`)
      return this.#read(target, [...above, node], offset)
    }
    const path = [...above, node]
    if (isMap(node)) return { ...place, kind: 'map', entries: this.#entries(node, path) }
    if (isSeq(node)) {
      return { ...place, kind: 'list', items: node.items.map((item) => this.#read(item as Node | null, path, offset)) }
    }
    if (!isScalar(node)) return nothing
    const { value } = node
    const end = node.range?.[1] ?? offset
    if (typeof value === 'bigint') return { ...place, kind: 'scalar', value: Number(value), end }
    return { ...place, kind: 'scalar', value: isPlain(value) ? value : String(value), end }
  }

  #entries(map: YAMLMap, path: readonly Node[]): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (this.#stopped) break
      const key = this.#read(pair.key, path, map.range?.[0])
      const place = { file: this.#file, offset: key.offset }
      if (key.kind !== 'scalar' || key.value === null) {
        this.#issues.error(place, 'key-not-text', 'a key must be a text', 'write a name before the colon')
        continue
      }
      const name = String(key.value)
      const value = this.#read(pair.value, path, key.end)
      const earlier = entries.get(name)
      if (name === '__proto__')
        this.#issues.error(place, 'bad-name', '__proto__ cannot be a name', 'choose another name')
      else if (earlier !== undefined) {
        const message = `${name} stands here twice, first at ${placeName(earlier.key)}`
        this.#issues.error(place, 'duplicate-name', message, 'remove or rename one of the two')
      } else entries.set(name, { key: place, value })
    }
    return entries
  }

  #stop(
    nothing: Tree,
    code: 'too-many-values' | 'too-deep' | 'yaml-syntax' | 'alias-in-itself',
    message: string,
  ): Tree {
    this.#issues.error(nothing, code, message)
    this.#stopped = true
    return nothing
  }
}

const isPlain = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
