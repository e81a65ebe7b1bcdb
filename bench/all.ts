/** Runs every benchmark that needs no broker, one process each. `npm run bench [NAME]` runs those whose name has NAME in it. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const wanted = process.argv[2] ?? ''
const files = [
  ...readdirSync(join(here, 'micro'))
    .filter((name) => name.endsWith('.bench.ts'))
    .map((name) => join('micro', name)),
  join('partition', 'partition.ts'),
].filter((file) => file.includes(wanted))
for (const file of files) {
  console.log(`\nbench/${file}`)
  const { status } = spawnSync(process.execPath, [join(here, file)], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
