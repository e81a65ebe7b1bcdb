/**
 * Bytes allocated by function over the partition benchmark, collected ones included: what feeds the garbage collector.
 * `node bench/allocations.ts [EVENTS] [TOP]`
 */
import { Session } from 'node:inspector/promises'

interface Node {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly selfSize: number
  readonly children: readonly Node[]
}

const [events = '60000', top = '40'] = process.argv.slice(2)
const session = new Session()
session.connect()
await session.post('HeapProfiler.startSampling', {
  samplingInterval: 32_768,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
})
process.argv = [process.argv[0]!, 'partition.ts', '--rounds', '1', '--events', events]
await import('./partition/partition.ts')
const { profile } = await session.post('HeapProfiler.stopSampling')

const byFunction = new Map<string, number>()
let total = 0
function walk({ callFrame, selfSize, children }: Node): void {
  const path = callFrame.url.replace(/^.*\/(src|bench|node_modules)\//, '$1/')
  const name = `${callFrame.functionName || '(anonymous)'} ${path}:${callFrame.lineNumber + 1}`
  byFunction.set(name, (byFunction.get(name) ?? 0) + selfSize)
  total += selfSize
  for (const child of children) walk(child)
}
walk(profile.head)
for (const [name, bytes] of [...byFunction].sort((a, b) => b[1] - a[1]).slice(0, Number(top)))
  console.log(`${String(Math.round(bytes / Number(events))).padStart(6)} B/event  ${name}`)
console.log(`${Math.round(total / Number(events))} B/event in all, the benchmark's own included`)
