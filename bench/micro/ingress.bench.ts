/** From a record's headers to a verdict, the value unread; beside it what any reader of headers does. */
import { Bench } from 'tinybench'
import { createIngress } from '../../src/record/ingress.ts'
import { cycle, sampleRecords } from './sample.ts'

const next = cycle(sampleRecords(5_000))
const ingress = createIngress({ mapping: 'headers', maxAheadMs: 600_000 })
let accepted = 0
let characters = 0

const bench = new Bench({ time: 300, warmupTime: 100 })
bench.add('ingress', () => {
  if (ingress(next()).verdict === 'accepted') accepted++
})
bench.add('rival: four headers to text', () => {
  const { kind, type, id, time } = next().headers
  characters += `${kind}${type}${id}${time}`.length
})
await bench.run()
console.table(bench.table())
if (accepted === 0 || characters === 0) throw new Error('nothing was read: the benchmark measures something else')
