import { expect, it } from 'vitest'
import { createLogger } from '../../src/runtime/logger.ts'

function stream(isTTY = false) {
  const lines: string[] = []
  return { lines, isTTY, write: (text: string) => lines.push(text) }
}

it('writes one JSON object a line, with the fields of the logger and of the line', () => {
  const to = stream()
  createLogger({ stream: to }).child({ task: '0_1' }).warn('behind', { lag: 7 })
  expect(to.lines).toHaveLength(1)
  expect(JSON.parse(to.lines[0]!)).toEqual({
    level: 'warn',
    time: expect.any(String),
    task: '0_1',
    lag: 7,
    msg: 'behind',
  })
})

it('leaves out what is less severe than its level', () => {
  const to = stream()
  const logger = createLogger({ stream: to, level: 'error' })
  logger.warn('unseen')
  logger.error('seen', { err: new Error('why') })
  expect(to.lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'seen', err: { message: 'why' } }])
})

it('writes for people on a terminal', () => {
  const to = stream(true)
  createLogger({ stream: to }).info('running', { tasks: 4 })
  expect(to.lines[0]).toContain('running')
  expect(to.lines[0]).toContain('4\n')
  expect(to.lines[0]).not.toContain('{')
})
