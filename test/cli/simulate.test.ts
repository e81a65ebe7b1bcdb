import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { startWeir, temporaryFolder, weir } from './weir.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const small = ['simulate', '--customers', '20', '--days', '3']
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')

describe('weir simulate', () => {
  it('writes events and labels to files, the same for the same seed', async () => {
    const [events, again, labels] = ['events', 'again', 'labels'].map((name) => folder.inside(name)) as [
      string,
      string,
      string,
    ]
    const ended = await weir([...small, '--out', events, '--labels', labels])
    await weir([...small, '--out', again])
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toMatch(new RegExp(`^${linesOf(events).length} events, \\d+ of them frauds, are in`))
    expect(linesOf(again)).toEqual(linesOf(events))
    const ids = linesOf(events)
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'card.authorised')
      .map(({ id }) => id)
    expect(linesOf(labels).map((line) => JSON.parse(line).id)).toEqual(ids)
  })

  it('writes events alone to standard output', async () => {
    const { out, err } = await weir([...small, '--out', '-', '--json'])
    const events = out.trimEnd().split('\n')
    for (const line of events) expect(JSON.parse(line)).toHaveProperty('kind')
    expect(JSON.parse(err)).toEqual({ events: events.length, frauds: 0, where: '-' })
  })

  it('starts on the day it is told', async () => {
    const { out } = await weir([...small, '--from', '2026-03-01', '--out', '-'])
    expect(JSON.parse(out.slice(0, out.indexOf('\n'))).time).toBe(Date.parse('2026-03-01T00:00:00Z'))
  })

  it('ends quietly when its reader goes away', async () => {
    const running = startWeir(['simulate', '--out', '-'])
    await running.printed('\n')
    running.child.stdout.destroy()
    expect(await running.ended).toMatchObject({ code: 0, err: '' })
  })

  it('finishes what is in hand at Ctrl-C', async () => {
    const running = startWeir(['simulate', '--out', '-', '--rate', '50'])
    await running.printed('\n')
    running.child.kill('SIGINT')
    const { code, out, err } = await running.ended
    expect(code).toBe(0)
    expect(out.endsWith('}\n')).toBe(true)
    expect(err).toContain('events, 0 of them frauds')
  })
})
