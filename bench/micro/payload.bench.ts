/** From a value's bytes to an event's typed fields; beside it JSON.parse alone. */
import { Bench } from 'tinybench'
import { JsonPayload } from '../../src/record/payload.ts'
import { compileFieldReader } from '../../src/rules/fields.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { cycle, sampleRecords } from './sample.ts'

const values = sampleRecords(5_000)
  .filter(({ headers }) => headers['kind']!.toString() === 'business')
  .map(({ value }) => value!)
const next = cycle(values)
const read = compileFieldReader(tenMinuteRule('all').events.get('card.authorised')!.fields)
let fields = 0
let parsed = 0

const bench = new Bench({ time: 300, warmupTime: 100 })
bench.add('payload and typed fields', () => {
  fields += read(new JsonPayload({ value: next() }).object()).misfits.length + 1
})
bench.add('payload', () => {
  if (new JsonPayload({ value: next() }).read().ok) fields++
})
bench.add('rival: toString and JSON.parse', () => {
  if (JSON.parse(next().toString()) !== null) parsed++
})
await bench.run()
console.table(bench.table())
if (fields === 0 || parsed === 0) throw new Error('nothing was read: the benchmark measures something else')
