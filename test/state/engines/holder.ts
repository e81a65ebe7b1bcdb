import type { StateEngine } from '../../../src/state/engine.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'

// A process of its own for the contract suite: opens a database, writes what it was told, says so and holds it.
const [name, folder, entries] = process.argv.slice(2) as [StateEngine['name'], string, string]
const db = await stateEngine(name).open(folder, ['a', 'b'])
const changes = Array.from({ length: Number(entries) }, (_, n) => ({
  column: n % 2 === 0 ? 'a' : 'b',
  key: Buffer.from(`key-${n}`),
  value: Buffer.from(`value-${n}`),
}))
await db.write(changes)
process.stdout.write('written\n')
setInterval(() => {}, 60_000)
