import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mutant } from './mutant.ts'

export type TestRun =
  | { readonly kind: 'passed' }
  /** `by` names the first test that failed. */
  | { readonly kind: 'failed'; readonly by: string }
  | { readonly kind: 'hung'; readonly afterMs: number }
  /** No test ran: that says nothing about what the tests notice. */
  | { readonly kind: 'not-run'; readonly why: string }

export interface TestRunOptions extends Pick<Mutant, 'tests' | 'project'> {
  readonly folder: string
  readonly limitMs: number
}

/** What vitest's JSON reporter writes, as far as it is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Runs test files in a folder until the first test fails, with property tests always seeded alike. */
export async function runTests({ folder, tests, project, limitMs }: TestRunOptions): Promise<TestRun> {
  const outputFile = join(folder, 'mutant-report.json')
  await rm(outputFile, { force: true })
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs')
  const options = ['--project', project, '--bail', '1', '--maxWorkers', '1', '--reporter', 'json']
  const child = spawn(process.execPath, [vitest, 'run', ...options, '--outputFile', outputFile, ...tests], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, WEIR_PROPERTY_SEED: '1' },
    // A group of its own, so that what a test started ends with it.
    detached: true,
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const endGroup = () => endProcessGroup(child.pid!)
  process.once('exit', endGroup)
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    endGroup()
  }, limitMs)
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve))
  clearTimeout(timer)
  process.off('exit', endGroup)
  endGroup()
  if (hung) return { kind: 'hung', afterMs: limitMs }
  const report = await readFile(outputFile, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  )
  return verdictOf(report, code, errors)
}

/** Ends a process that leads its group, with whatever it has started. */
function endProcessGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** What a report says; `undefined` when vitest wrote none. */
export function verdictOf(report: Report | undefined, code: number | null, errors: string): TestRun {
  const files = report?.testResults ?? []
  const test = files.flatMap((file) => file.assertionResults).find(({ status }) => status === 'failed')
  if (test !== undefined) return { kind: 'failed', by: test.fullName.trim() }
  const file = files.find(({ status }) => status === 'failed')
  // A hook that fails is a failure of its file's tests; a file without tests did not load.
  if (file?.assertionResults.length === 0) return { kind: 'not-run', why: firstLine(file.message) }
  if (file !== undefined) return { kind: 'failed', by: `before ${file.assertionResults[0]!.fullName.trim()}` }
  if (files.every(({ assertionResults }) => assertionResults.length === 0))
    return { kind: 'not-run', why: firstLine(errors) || 'vitest found no test' }
  return code === 0 ? { kind: 'passed' } : { kind: 'failed', by: `an error outside tests: ${firstLine(errors)}` }
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''
