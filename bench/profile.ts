/** Self time by folder and by function from a CPU profile: `node bench/profile.ts FILE.cpuprofile [EVENTS] [TOP]` */
import { readFile } from 'node:fs/promises'

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const [file = '', events = '0', top = '40'] = process.argv.slice(2)
const profile: Profile = JSON.parse(await readFile(file, 'utf8'))
const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
const byFunction = new Map<string, number>()
const byFolder = new Map<string, number>()
let total = 0
const add = (to: Map<string, number>, name: string, micros: number): void =>
  void to.set(name, (to.get(name) ?? 0) + micros)

/** `src/log/kafka/link.ts` is in `src/log`; a package is its own folder. */
function folderOf(path: string, functionName: string): string {
  if (path === '') return functionName || '(native)'
  if (path.startsWith('node:')) return 'node'
  const [root, first, second] = path.split('/')
  if (root === 'node_modules') return first!.startsWith('@') ? `${first}/${second}` : first!
  return second === undefined ? root! : `${root}/${first}`
}

for (const [index, id] of profile.samples.entries()) {
  const { functionName, url, lineNumber } = frames.get(id)!
  if (functionName === '(idle)') continue
  const micros = Math.max(0, profile.timeDeltas[index]!)
  const path = url.replace(/^.*\/(src|bench|node_modules)\//, '$1/')
  add(byFunction, `${functionName || '(anonymous)'} ${path}:${lineNumber + 1}`, micros)
  add(byFolder, folderOf(path, functionName), micros)
  total += micros
}

const perEvent = (micros: number): string => (Number(events) > 0 ? `${(micros / Number(events)).toFixed(2)} µs` : '')
function print(times: ReadonlyMap<string, number>, most: number): void {
  for (const [name, micros] of [...times].sort((a, b) => b[1] - a[1]).slice(0, most))
    console.log(`${((micros * 100) / total).toFixed(1).padStart(5)} %  ${perEvent(micros).padStart(9)}  ${name}`)
}
print(byFolder, 15)
console.log()
print(byFunction, Number(top))
console.log(`\ntotal ${(total / 1e6).toFixed(2)} s ${perEvent(total)}`)
