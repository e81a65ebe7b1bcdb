import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { outside, reachableFrom, restrictedPackages } from './layers.ts'

/** Static imports and re-exports (also of types) start a line once formatted; dynamic ones may stand anywhere. */
const importPatterns = [
  /^(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]/gm,
  /(?<![\w.$])import\(\s*['"]([^'"\n]+)['"]/g,
]

/**
 * Reads every TypeScript file below `folder` and says which imports break the rules of `layers.ts`: a layer that uses
 * one above or beside it, a package in a folder that may not know it, a file outside the folder, a cycle of files.
 * One line a problem, sorted; an empty list when all is well. Imports of types count like others.
 */
export function checkImports(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
  const graph = new Map<string, string[]>()
  const problems: string[] = []
  for (const file of files) {
    const targets: string[] = []
    for (const specifier of importsOf(readFileSync(join(folder, file), 'utf8'))) {
      if (!specifier.startsWith('.')) {
        problems.push(...packageProblem(file, specifier))
        continue
      }
      const target = relative(folder, resolve(folder, dirname(file), specifier))
        .split(sep)
        .join('/')
      problems.push(...layerProblem(file, target))
      targets.push(target)
    }
    graph.set(file, targets)
  }
  return [...problems.sort(), ...cyclesIn(graph).map((cycle) => `cycle: ${cycle.join(' → ')}`)]
}

const importsOf = (source: string): Set<string> =>
  new Set(importPatterns.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]!)))

const layerOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : file.slice(0, -3))

function layerProblem(file: string, target: string): string[] {
  if (outside.includes(target)) return []
  if (target.startsWith('..')) return [`${file}: ${target} lies outside src`]
  const [from, to] = [layerOf(file), layerOf(target)]
  const allowed = reachableFrom(from)
  if (allowed === undefined) return [`${file}: ${from} is not a layer; add it to scripts/layers.ts`]
  return allowed.has(to) ? [] : [`${file}: ${from} must not use ${to} (${target})`]
}

function packageProblem(file: string, specifier: string): string[] {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  const folders = restrictedPackages[name]
  if (folders === undefined || folders.some((folder) => `${file}/`.startsWith(`${folder}/`))) return []
  return [`${file}: only ${folders.join(' and ')} may import ${name}`]
}

/** One cycle for each group of files that reach each other, starting from the first by name. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const inCycle = new Set<string>()
  for (const start of graph.keys()) {
    if (inCycle.has(start)) continue
    const cycle = shortestWayBack(graph, start)
    if (cycle === undefined) continue
    for (const file of cycle) inCycle.add(file)
    cycles.push(cycle)
  }
  return cycles
}

function shortestWayBack(graph: ReadonlyMap<string, readonly string[]>, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const file of queue) {
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const way = [start]
        for (let at = file; at !== start; at = cameFrom.get(at)!) way.unshift(at)
        return [start, ...way]
      }
      if (cameFrom.has(next)) continue
      cameFrom.set(next, file)
      queue.push(next)
    }
  }
  return undefined
}

if (import.meta.main) {
  const problems = checkImports(join(dirname(fileURLToPath(import.meta.url)), '..', 'src'))
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  process.stdout.write(
    problems.length === 0 ? 'imports: all point downwards\n' : `imports: ${problems.length} problems\n`,
  )
  process.exitCode = problems.length === 0 ? 0 : 1
}
