/** From a value's bytes to an event's typed fields, in place and by way of the object; beside it JSON.parse alone. */
import { Bench } from 'tinybench'
import { JsonPayload } from '../../src/record/payload.ts'
import { compileFieldReader } from '../../src/rules/fields.ts'
import { compilePayloadFieldReader } from '../../src/rules/payload-fields.ts'
import { tenMinuteRule } from '../data/ten-minute-rule.ts'
import { cycle, sampleRecords } from './sample.ts'

const values = sampleRecords(5_000)
  .filter(({ headers }) => headers['kind']!.toString() === 'business')
  .map(({ value }) => value!)
const next = cycle(values)
const declared = tenMinuteRule('all').events.get('card.authorised')!.fields
const read = compilePayloadFieldReader(declared)
const readObject = compileFieldReader(declared)
let fields = 0
let parsed = 0

const bench = new Bench({ time: 300, warmupTime: 100 })
bench.add('typed fields', () => {
  if (read(new JsonPayload({ value: next() })).ok) fields++
})
bench.add('object and its typed fields', () => {
  fields += readObject(new JsonPayload({ value: next() }).object()).misfits.length + 1
})
bench.add('object', () => {
  if (new JsonPayload({ value: next() }).read().ok) fields++
})
bench.add('rival: toString and JSON.parse', () => {
  if (JSON.parse(next().toString()) !== null) parsed++
})
await bench.run()
console.table(bench.table())
if (fields === 0 || parsed === 0) throw new Error('nothing was read: the benchmark measures something else')
