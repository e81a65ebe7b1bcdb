import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { cliFixture, decisionsIn } from './fixture.ts'
import { cardLine } from './small-rules.ts'
import { type Running, weir } from './weir.ts'

const preload = fileURLToPath(new URL('../support/faults/fail-in-thread.ts', import.meta.url))
const { folder, rules, start } = cliFixture()

const eventLines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => cardLine(`e${from + n}`, 20)).join('\n')

async function run(log: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const running = start(['run', '--rules', rules, '--threads', '2', '--partitions', '4', ...log], { env })
  await eventually(() => expect(running.err()).toContain('deciding'))
  return running
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
    expect(new Set((await decisionsIn(log)).map(({ event }) => event.id)).size).toBe(210)
    next.child.kill('SIGTERM')
    expect((await next.ended).code).toBe(0)
  })
})
