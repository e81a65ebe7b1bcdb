import type { Place, SourceFile } from './source-file.ts'

/** A rule file's content with the place of each key and value. */
export type Tree = MapTree | ListTree | ScalarTree

export interface MapTree extends Place {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly key: Place
  readonly value: Tree
}

export interface ListTree extends Place {
  readonly kind: 'list'
  readonly items: readonly Tree[]
}

export interface ScalarTree extends Place {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** Where the source of the value ends, exclusive. */
  readonly end: number
}

/** The value alone, as JSON would give it. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plain)
  return Object.fromEntries([...tree.entries].map(([key, entry]) => [key, plain(entry.value)]))
}

/** The deepest part that a path leads to: itself, or the last that exists. */
export function treeAt(tree: Tree, path: readonly PropertyKey[]): Tree {
  let at = tree
  for (const step of path) {
    const next =
      at.kind === 'map' ? at.entries.get(String(step))?.value : at.kind === 'list' ? at.items[Number(step)] : undefined
    if (next === undefined) return at
    at = next
  }
  return at
}

/** A map's entry; undefined when it is no map or has none. */
export const entryOf = (tree: Tree | undefined, key: string): Entry | undefined =>
  tree?.kind === 'map' ? tree.entries.get(key) : undefined

/** The place of `index` within a scalar's text: what stands there in the file, quotes and escapes considered. */
export function placeIn(tree: ScalarTree, index: number): Place {
  return { file: tree.file, offset: sourceOffset(tree.file, tree, index) }
}

/**
 * Walks value and source side by side. Whitespace that folding or indentation removed is skipped, escapes count as what
 * they stand for; where the two part for another reason, the last place that agreed is good enough.
 */
function sourceOffset(file: SourceFile, tree: ScalarTree, index: number): number {
  const value = String(tree.value)
  const source = file.text
  const quote = source[tree.offset] === '"' || source[tree.offset] === "'" ? source[tree.offset] : undefined
  let at = tree.offset + (quote === undefined ? 0 : 1)
  if (source[tree.offset] === '|' || source[tree.offset] === '>') at = source.indexOf('\n', tree.offset) + 1
  for (let i = 0; at < tree.end; ) {
    const char = value[i]
    const atSpace = /\s/.test(source[at]!)
    if (atSpace && char !== source[at] && !(char === ' ' && source[at] === '\n')) {
      at++
      continue
    }
    if (i >= index) break
    if (quote === '"' && source[at] === '\\') {
      const sequence = /^\\(?:x..|u....|U.{8}|\r?\n\s*|.)/s.exec(source.slice(at, at + 64))?.[0] ?? '\\'
      at += sequence.length
      if (!/^\\\s*\n/.test(sequence)) i += sequence.startsWith('\\U') && value.codePointAt(i)! > 0xffff ? 2 : 1
      continue
    }
    if (char === source[at] || (char === ' ' && source[at] === '\n')) {
      at += quote === "'" && char === "'" ? 2 : 1
      i++
    } else break
  }
  return Math.min(at, tree.end)
}
