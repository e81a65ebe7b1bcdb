/** Self time by function from CPU profiles: `node bench/profile.ts FILE.cpuprofile [EVENTS] [TOP]` */
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
const selfMicros = new Map<string, number>()
let total = 0
for (const [index, id] of profile.samples.entries()) {
  const { functionName, url, lineNumber } = frames.get(id)!
  if (functionName === '(idle)') continue
  const micros = Math.max(0, profile.timeDeltas[index]!)
  const name = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(src|bench|node_modules)\//, '$1/')}:${lineNumber + 1}`
  selfMicros.set(name, (selfMicros.get(name) ?? 0) + micros)
  total += micros
}
const rows = [...selfMicros].sort((a, b) => b[1] - a[1]).slice(0, Number(top))
const perEvent = (micros: number): string => (Number(events) > 0 ? `${(micros / Number(events)).toFixed(2)} µs` : '')
for (const [name, micros] of rows)
  console.log(`${((micros * 100) / total).toFixed(1).padStart(5)} %  ${perEvent(micros).padStart(9)}  ${name}`)
console.log(`total ${(total / 1e6).toFixed(2)} s ${perEvent(total)}`)
