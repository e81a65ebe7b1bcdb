/**
 * What `.ci/run` runs after `npm ci`: lint, types, imports and the README's test command with a real broker. Prints
 * their output, then one last line `N passed, N failed`, in which each of the three checks counts as one. The exit code
 * is 0 only if nothing failed and the integration tests ran.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countTests, type VitestReport } from './ci-counts.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const checks = ['lint', 'typecheck', 'imports']
const testsMayTakeMs = 27 * 60_000

/** Runs a command in a process group of its own, so that all it started ends with it, a broker too. */
function run(command: string, args: readonly string[], mayTakeMs: number): Promise<number> {
  process.stdout.write(`\n$ ${command} ${args.join(' ')}\n`)
  // One seed, so that a change is judged by what it changes; whoever runs the tests at home draws new ones.
  const env = { WEIR_PROPERTY_SEED: '20261122', ...process.env, WEIR_REQUIRE_INTEGRATION: '1' }
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true })
  const endGroup = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // Nobody is left in the group.
    }
  }
  const onSignal = () => endGroup('SIGTERM')
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const timer = setTimeout(() => {
    process.stdout.write(`${command} ${args[0]} took longer than ${mayTakeMs / 60_000} minutes and is ended\n`)
    endGroup('SIGKILL')
  }, mayTakeMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(timer)
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
      endGroup('SIGKILL')
      resolve(code ?? 1)
    })
  })
}

function readReport(path: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

let passed = 0
let failed = 0
for (const check of checks) {
  if ((await run('npm', ['run', '--silent', check], 5 * 60_000)) === 0) passed++
  else failed++
}

const folder = mkdtempSync(join(tmpdir(), 'weir-ci-'))
try {
  const reportPath = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`]
  const exitCode = await run('npm', ['test', '--', ...reporters], testsMayTakeMs)
  const counts = countTests(readReport(reportPath), exitCode)
  for (const problem of counts.problems) process.stdout.write(`${problem}\n`)
  passed += counts.passed
  failed += counts.failed
} finally {
  rmSync(folder, { recursive: true, force: true })
}

process.exitCode = failed === 0 ? 0 : 1
process.stdout.write(`${passed} passed, ${failed} failed\n`)
