/** Growth curves: what an event costs. */
import { writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { brokerCurves } from './broker-curves.ts'
import { chartOf } from './chart.ts'
import { type Curve, tableOf } from './curve.ts'
import { keysCurve, valueCurve } from './task-curves.ts'

const help = `Measures what an event costs by the number of keys and the size of its value (one task, no broker), by partitions, threads
and the share of records that no rule names (weir run on a real broker).

  npm run bench:growth -- [options]

  --only task|broker|noise  some of the curves (default all)
  --quick                   few events a point
  --out FILE                results as FILE.json and FILE.svg (default: printed only)

By the number of events in a window and of rules: bench/partition/window-size.ts, rule-count.ts.
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(help)
  process.exit()
}
const { quick, only, out } = values
if (only !== undefined && !['task', 'broker', 'noise'].includes(only))
  throw new Error('--only takes task, broker or noise')
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const curves: Curve[] = []
const take = (...taken: readonly Curve[]): void => {
  curves.push(...taken)
  for (const curve of taken) process.stdout.write(`\n${tableOf(curve)}\n`)
}
if (only === undefined || only === 'task') {
  take(await keysCurve(quick, say))
  take(await valueCurve(quick, say))
}
if (only !== 'task') take(...(await brokerCurves(quick, say, { scale: only !== 'noise', noise: true })))
if (out !== undefined) {
  const [processor] = cpus()
  const machine = {
    processor: `${cpus().length} × ${processor?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
  }
  const json = { machine, command: `npm run bench:growth -- ${process.argv.slice(2).join(' ')}`, curves }
  await writeFile(`${out}.json`, `${JSON.stringify(json, undefined, 2)}\n`)
  await writeFile(`${out}.svg`, chartOf(curves))
}
