import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { temporaryFolder } from './weir.ts'
import { startWeir, weir } from './weir.ts'

export interface LiveAndReplayed {
  readonly folder: ReturnType<typeof temporaryFolder>
  /** Flags that name the log: `--data-dir` or `--kafka`. */
  readonly log: readonly string[]
  /** Names the application, where the log has others. */
  readonly appId: string
  /** More flags of `weir run`. */
  readonly runFlags: readonly string[]
  readonly rules: string
}

const events = ['--customers', '60', '--days', '6', '--seed', '7']

/**
 * Does with the command line what its user does: creates topics, runs, sends a simulated week, waits for the decisions,
 * stops, exports the log. Gives the decisions as they stand in the export, and those of a back-test of the export.
 */
export async function liveAndReplayed({
  folder,
  log,
  appId,
  runFlags,
  rules,
}: LiveAndReplayed): Promise<{ live: string; replayed: string }> {
  const done = async (...args: string[]) => {
    const ended = await weir(args)
    expect(ended.code, `${args.join(' ')}: ${ended.err}`).toBe(0)
    return ended.out
  }
  const file = (name: string) => folder.inside(name)
  const app = ['--app-id', appId]
  await done('topics', 'create', ...log, ...app, '--rules', rules, '--partitions', '2')
  const running = startWeir(['run', ...log, ...app, ...runFlags, '--rules', rules, '--port', '0'])
  try {
    await done('simulate', ...events, ...log)
    const { outcomes } = JSON.parse(await simulatedDecisions(file('sent.jsonl'), rules, done))
    const expected = Object.values(outcomes as Record<string, number>).reduce((sum, count) => sum + count, 0)
    await eventually(
      async () => {
        const lines = (await done('tail', ...log, '--no-follow', '--json')).split('\n')
        expect(lines).toHaveLength(expected + 1)
      },
      { withinMs: 60_000, everyMs: 300 },
    )
  } finally {
    running.child.kill('SIGTERM')
  }
  expect(await running.ended).toMatchObject({ code: 0 })
  await done('export', ...log, '--out', file('export.jsonl'))
  await done(
    'backtest',
    '--rules',
    rules,
    '--input',
    file('export.jsonl'),
    '--partitions',
    '2',
    '--output',
    file('replayed.jsonl'),
  )
  const live = readFileSync(file('export.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => /"kind":"decision".*"payload":(\{.*\}),"headers"/.exec(line)?.[1] ?? [])
    .map((value) => `${value}\n`)
    .join('')
  return { live, replayed: readFileSync(file('replayed.jsonl'), 'utf8') }
}

/** How many decisions there will be: the same events, decided from a file. */
async function simulatedDecisions(
  path: string,
  rules: string,
  done: (...args: string[]) => Promise<string>,
): Promise<string> {
  writeFileSync(path, await done('simulate', ...events, '--out', '-'))
  return done('backtest', '--rules', rules, '--input', path, '--partitions', '2', '--json')
}
