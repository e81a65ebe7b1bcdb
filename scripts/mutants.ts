import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mutants } from './mutants/list.ts'
import type { Mutant } from './mutants/mutant.ts'
import { isCaught, lineOf, pageOf, type Result } from './mutants/report.ts'
import { runTests, type TestRun } from './mutants/run-tests.ts'
import { MutantTree } from './mutants/tree.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const limitMs = 120_000
/** All the tests together, without any fault. */
const unmutatedLimitMs = 900_000

const usage = 'usage: npm run mutants -- [--only ID,…] [--json] [--write]'

function chosen(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return mutants
  const ids = only.split(',')
  const unknown = ids.filter((id) => mutants.every((mutant) => mutant.id !== id))
  if (unknown.length > 0) throw new RangeError(`there is no mutant ${unknown.join(', ')}; docs/mutants.md lists them`)
  return mutants.filter(({ id }) => ids.includes(id))
}

const resultOf = (mutant: Mutant, run: TestRun): Result => {
  if (run.kind === 'failed') return { mutant, verdict: 'caught', by: run.by }
  if (run.kind === 'hung') return { mutant, verdict: 'caught', by: `no end within ${run.afterMs / 1_000} s` }
  if (run.kind === 'not-run') return { mutant, verdict: 'not-run', by: run.why }
  return { mutant, verdict: 'SURVIVED', by: mutant.tests.join(' ') }
}

/** The tests that catch faults must pass without one. */
async function checkUnmutated(tree: MutantTree, which: readonly Mutant[]): Promise<void> {
  for (const project of ['unit', 'property'] as const) {
    const own = which.filter((mutant) => mutant.project === project)
    if (own.length === 0) continue
    const tests = [...new Set(own.flatMap((mutant) => mutant.tests))]
    const run = await runTests({ folder: tree.folder, tests, project, limitMs: unmutatedLimitMs })
    if (run.kind !== 'passed') throw new Error(`without any fault the tests must pass: ${JSON.stringify(run)}`)
  }
}

async function test(tree: MutantTree, mutant: Mutant): Promise<Result> {
  try {
    const run = await tree.withFault(mutant, () => runTests({ folder: tree.folder, limitMs, ...mutant }))
    return resultOf(mutant, run)
  } catch (error) {
    if (error instanceof RangeError) return { mutant, verdict: 'stale', by: error.message }
    throw error
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, json: { type: 'boolean' }, write: { type: 'boolean' } },
  })
  if (values.write && values.only !== undefined) throw new RangeError('the page is of all faults: drop --only')
  const which = chosen(values.only)
  const tree = await MutantTree.copyOf(root)
  // Also when somebody interrupts: nothing is left behind.
  process.once('exit', () => tree.remove())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const results: Result[] = []
  process.stderr.write(`${which.length} faults; first their tests without any\n`)
  await checkUnmutated(tree, which)
  for (const mutant of which) {
    const result = await test(tree, mutant)
    results.push(result)
    if (!values.json) process.stdout.write(`${lineOf(result)}\n`)
  }
  const missed = results.filter((result) => !isCaught(result))
  if (values.json) {
    const rows = results.map(({ mutant: { id, what, file }, verdict, by }) => ({ id, what, file, verdict, by }))
    process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
  } else process.stdout.write(`${results.length - missed.length} of ${results.length} faults caught\n`)
  if (values.write) await writeFile(join(root, 'docs', 'mutants.md'), pageOf(results))
  return missed.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 2
}
