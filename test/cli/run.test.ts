import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { cliFixture, decisionsIn } from './fixture.ts'
import { cardLine } from './small-rules.ts'
import { type Running, weir } from './weir.ts'

const { folder, rules, start } = cliFixture()

const log = (name: string) => ['--data-dir', folder.inside(name)]

/** Starts `weir run` and waits until it decides; its log lines are on standard error. */
async function run(...args: string[]): Promise<Running & { readonly lines: () => Record<string, unknown>[] }> {
  const running = start(['run', '--rules', rules, ...args])
  const lines = () =>
    running
      .err()
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line))
  await eventually(async () => expect(lines().map(({ msg }) => msg)).toContain('deciding'))
  return { ...running, lines }
}

describe('weir run', () => {
  it('decides what other processes send, serves its health, and ends with 0 at SIGTERM', async () => {
    const running = await run(...log('a'), '--port', '0', '--partitions', '2')
    const { health } = running.lines().find(({ msg }) => msg === 'deciding') as { health: string }
    expect(
      await weir(['send', ...log('a'), '-'], { input: [cardLine('1', 20), cardLine('2', 150)].join('\n') }),
    ).toMatchObject({
      code: 0,
      out: '2 records sent to main\n',
    })
    await eventually(async () => expect(await decisionsIn(log('a'))).toHaveLength(2), { everyMs: 200 })
    const outcomes = (await decisionsIn(log('a'))).map(({ event, outcome }) => [event.id, outcome])
    expect(outcomes.toSorted()).toEqual([
      ['1', 'allow'],
      ['2', 'block'],
    ])
    await eventually(async () => expect((await fetch(health)).status).toBe(200))
    expect(await (await fetch(new URL('/metrics', health))).text()).toContain('weir_decisions_total')
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(0)
  })

  it('goes on after a kill without deciding twice, and is refused while another process runs', async () => {
    const first = await run(...log('b'))
    const second = await weir(['run', '--rules', rules, ...log('b')])
    expect(second.code).toBe(1)
    expect(second.err).toContain('[log-owned]')
    await weir(['send', ...log('b'), '-'], { input: cardLine('1', 150) })
    await eventually(async () => expect(await decisionsIn(log('b'))).toHaveLength(1), { everyMs: 200 })
    first.child.kill('SIGKILL')
    await first.ended
    const again = await run(...log('b'))
    await weir(['send', ...log('b'), '-'], { input: cardLine('2', 150) })
    await eventually(async () => expect(await decisionsIn(log('b'))).toHaveLength(2), { everyMs: 200 })
    again.child.kill('SIGINT')
    await again.ended
    expect((await decisionsIn(log('b'))).map(({ event }) => event.id).sort()).toEqual(['1', '2'])
  })

  it('ends with 1 and says so when the end takes longer than it may, and loses nothing', async () => {
    const running = start(['run', '--rules', rules, ...log('forced')], { env: { WEIR_SHUTDOWN_TIMEOUT_MS: '0' } })
    await eventually(() => expect(running.err()).toContain('deciding'))
    await weir(['send', ...log('forced'), '-'], { input: cardLine('1', 150) })
    running.child.kill('SIGTERM')
    const { code, err } = await running.ended
    expect(code).toBe(1)
    expect(err).toContain('the end took too long and is forced; the next start goes on from what was committed')
    await run(...log('forced'))
    await eventually(async () => expect(await decisionsIn(log('forced'))).toHaveLength(1), { everyMs: 200 })
  })

  it('is misuse without rules, and without keys on Kafka', async () => {
    expect(await weir(['run', ...log('c')])).toMatchObject({ code: 2 })
    const { code, err } = await weir(['run', '--rules', rules, '--kafka', '127.0.0.1:1'])
    expect(code).toBe(2)
    expect(err).toContain('--unsigned')
    expect(err).toContain('[keys-missing]')
  })

  it('ends with 1 and the problems of rules that do not load', async () => {
    const { code, err } = await weir(['run', '--rules', folder.inside('nothing'), ...log('c')])
    expect(code).toBe(2)
    expect(err).toContain('is not there')
  })
})

describe('weir send', () => {
  it('ends at Ctrl-C while it waits at a quiet pipe, with everything sent that came', async () => {
    await weir(['topics', 'create', ...log('d')])
    const running = start(['send', ...log('d'), '-'])
    running.child.stdin.write(`${cardLine('1', 20)}\n`)
    await eventually(async () => expect((await weir(['export', ...log('d'), '--out', '-'])).out).toContain('"1"'), {
      everyMs: 200,
    })
    running.child.kill('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, out: '1 records sent to main\n' })
  })
})
