import { beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory-log.ts'
import { runInProcess } from './in-process.ts'
import { appendDecisions, appendEvents, decisionValue, flaggedValue } from './log-records.ts'

let log: Log

beforeEach(async () => {
  log = await openMemoryLog()
  await log.createTopic({ topic: 'main', partitions: 2 })
  return () => log.close()
})

const tail = (...args: string[]) => runInProcess(['tail', '--no-follow', ...args], { log })

describe('weir tail', () => {
  it('shows the decisions that are there, and nothing else', async () => {
    await appendEvents(log, 0, ['a', 'b'])
    await appendDecisions(log, 0, [decisionValue('1', 'cust-1'), flaggedValue('2', 'cust-2')])
    const { code, out } = await tail()
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(3)
    expect(out).toContain('cust-1')
    expect(out).toContain('    r: too far')
  })

  it('ends at once on an empty topic', async () => {
    expect(await tail()).toMatchObject({ code: 0, out: '' })
  })

  it('shows only what was asked for', async () => {
    await appendDecisions(log, 0, [decisionValue('1', 'c1'), flaggedValue('2', 'c2'), flaggedValue('3', 'c3', 'block')])
    const ids = async (...args: string[]) =>
      (await tail('--json', ...args)).out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).decisionId)
    expect(await ids()).toEqual(['1', '2', '3'])
    expect(await ids('--flagged')).toEqual(['2', '3'])
    expect(await ids('--outcome', 'block,allow')).toEqual(['1', '3'])
    expect(await ids('--from', '2')).toEqual(['3'])
    expect(await ids('--from', 'end')).toEqual([])
  })

  it('follows from the end on, over all partitions, until it is interrupted', async () => {
    await appendDecisions(log, 0, [decisionValue('old', 'c1')])
    const controller = new AbortController()
    const following = runInProcess(['tail', '--json'], {
      log,
      interrupted: controller.signal,
      onOut: (out) => {
        if (out.includes('"new-0"') && out.includes('"new-1"')) controller.abort()
      },
    })
    // Whether it reads the end before or after these are appended is not known: it is told again until it has seen them.
    while (!controller.signal.aborted) {
      for (const partition of [0, 1]) await appendDecisions(log, partition, [decisionValue(`new-${partition}`, 'c')])
    }
    const { code, out } = await following
    expect(code).toBe(0)
    expect(out).not.toContain('"old"')
  })
})
