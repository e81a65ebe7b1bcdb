import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { writeSmallRules } from './small-rules.ts'
import { type Running, startWeir, temporaryFolder, weir } from './weir.ts'

const preload = fileURLToPath(new URL('../support/faults/fail-in-thread.ts', import.meta.url))
const folder = temporaryFolder()
const rules = folder.inside('rules')
const started: Running[] = []

beforeAll(() => {
  writeSmallRules(rules)
})
afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGKILL')
    await ended
  }
  folder.remove()
})

function eventLines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, n) =>
    JSON.stringify({
      kind: 'business',
      type: 'card.authorised',
      id: `e${from + n}`,
      key: `k-${from + n}`,
      time: '2026-03-01T10:00:00Z',
      payload: { amount: 20 },
    }),
  ).join('\n')
}

async function run(log: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const running = startWeir(['run', '--rules', rules, '--threads', '2', '--partitions', '4', ...log], { env })
  started.push(running)
  await eventually(() => expect(running.err()).toContain('deciding'))
  return running
}

async function decisionsIn(log: readonly string[]): Promise<string[]> {
  const { out } = await weir(['tail', '--no-follow', '--json', ...log])
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line).event.id)
}

describe.each([
  ['an exception', 'exception', 'nobody catches this'],
  ['an exit', 'exit', 'thread 2 ended by itself, with code 7'],
])('a thread that ends by %s', (_what, how, message) => {
  it('ends the process with code 1 and says why; the next start loses and repeats nothing', {
    timeout: 120_000,
  }, async () => {
    const log = ['--data-dir', folder.inside(how)]
    const failWhen = folder.inside(`${how}.now`)
    const failing = await run(log, {
      NODE_OPTIONS: `--import ${preload}`,
      FAIL_IN_THREAD: how,
      FAIL_WHEN: failWhen,
    })
    await weir(['send', ...log, '-'], { input: eventLines(0, 200) })
    writeFileSync(failWhen, '')
    const { code, err } = await failing.ended
    expect(code).toBe(1)
    expect(err).toContain('a thread failed, and so all end')
    expect(err).toContain(`weir: ${message}`)

    const next = await run(log, {})
    await weir(['send', ...log, '-'], { input: eventLines(200, 210) })
    await eventually(async () => expect(await decisionsIn(log)).toHaveLength(210), { everyMs: 300 })
    expect(new Set(await decisionsIn(log)).size).toBe(210)
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
  })
})
