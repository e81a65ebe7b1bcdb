import { describe, expect, it, onTestFinished } from 'vitest'
import { writeSmallRules } from '../../cli/small-rules.ts'
import { type Running, startWeir, temporaryFolder, weir } from '../../cli/weir.ts'
import { eventually } from '../../support/eventually.ts'

const event = (id: string) =>
  JSON.stringify({
    kind: 'business',
    type: 'card.authorised',
    id,
    key: 'k',
    time: '2026-03-01T10:00:00Z',
    payload: { amount: 150 },
  })

function start(...args: string[]): Running {
  const running = startWeir(args)
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

// Each command is a process: many start here, one after the other.
describe('commands that share an embedded log', { timeout: 90_000 }, () => {
  it('let a follower come before the instance, and stay while the instance is restarted or killed', async () => {
    const folder = temporaryFolder()
    onTestFinished(() => folder.remove())
    const rules = writeSmallRules(folder.inside('rules'))
    const log = ['--data-dir', folder.inside('log')]
    await weir(['topics', 'create', ...log])
    const follower = start('tail', '--json', '--from', 'start', ...log)
    for (const [id, signal] of [
      ['1', 'SIGTERM'],
      ['2', 'SIGKILL'],
      ['3', 'SIGTERM'],
    ] as const) {
      const instance = start('run', '--rules', rules, ...log)
      await eventually(() => expect(instance.err()).toContain('deciding'))
      expect(await weir(['send', ...log, '-'], { input: event(id) })).toMatchObject({ code: 0 })
      await follower.printed(`"id":"${id}"`)
      instance.child.kill(signal)
      await instance.ended
    }
    follower.child.kill('SIGINT')
    const { code, out } = await follower.ended
    expect(code).toBe(0)
    expect(out.match(/"event":\{"id":"\d"/g)).toEqual(['1', '2', '3'].map((id) => `"event":{"id":"${id}"`))
  })

  it('send at the same time, each its own', async () => {
    const folder = temporaryFolder()
    onTestFinished(() => folder.remove())
    const log = ['--data-dir', folder.inside('log')]
    await weir(['topics', 'create', ...log])
    const ids = Array.from({ length: 4 }, (_, i) => `${i}`)
    const sends = ids.map((id) => weir(['send', ...log, '-'], { input: event(id) }))
    for (const ended of await Promise.all(sends)) {
      expect(ended).toMatchObject({ code: 0, out: '1 records sent to main\n' })
    }
    const { out } = await weir(['export', ...log, '--out', '-'])
    expect(out.match(/"id":"\d"/g)?.sort()).toEqual(ids.map((id) => `"id":"${id}"`))
  })
})
