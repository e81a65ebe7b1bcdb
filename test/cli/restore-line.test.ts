import { expect, it } from 'vitest'
import { restoreText } from '../../src/cli/restore-line.ts'

const restoring = (
  taskId: string,
  restore: { remaining: number; total: number; perSecond: number; secondsLeft?: number },
) => ({
  taskId,
  state: 'RESTORING' as const,
  restore,
})

it('says how far all restores of an instance are, and nothing when there are none', () => {
  expect(restoreText({ state: 'RUNNING', tasks: [{ taskId: '0_0', state: 'RUNNING' }] })).toBe('')
  const begun = restoring('0_0', { remaining: 500, total: 500, perSecond: 0 })
  expect(restoreText({ state: 'RUNNING', tasks: [begun] })).toBe('restoring 1 task: 0 of 500 records')
  const halfway = restoring('0_1', { remaining: 1_000, total: 2_000, perSecond: 250, secondsLeft: 4 })
  expect(restoreText({ state: 'RUNNING', tasks: [begun, halfway] })).toBe(
    'restoring 2 tasks: 1,000 of 2,500 records, 250 a second, about 4 s left',
  )
})
