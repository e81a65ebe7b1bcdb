import { describe, expect, it } from 'vitest'
import { createDashboard } from '../../../src/cli/demo/dashboard.ts'
import { countDecision, emptyTally, Rate } from '../../../src/cli/demo/tally.ts'
import { decisionValue, flaggedValue } from '../log-records.ts'

function output(isTTY: boolean, rows = 24) {
  const written: string[] = []
  const write = async (text: string) => void written.push(text)
  return { written, isTTY, columns: 80, rows, write, line: (text = '') => write(`${text}\n`) }
}

const figures = { state: 'RUNNING', perSecond: 50, lag: 3 }

function tallyOf(...decisions: readonly ReturnType<typeof decisionValue>[]) {
  const tally = emptyTally()
  for (const decision of decisions) countDecision(tally, decision as never)
  return tally
}

describe('the dashboard', () => {
  it('counts decisions by outcome and shows those in which a rule fired', async () => {
    const to = output(true)
    await createDashboard(to).show(tallyOf(decisionValue('1', 'c1'), flaggedValue('2', 'c2', 'block')), figures)
    const text = to.written.join('')
    expect(text).toContain('2 decided  50 decisions/s  lag 3')
    expect(text).toMatch(/block\D+1\n/)
    expect(text).toContain('r: too far')
    expect(text).not.toContain('c1')
  })

  it('draws over what it drew on a terminal, and never more than fits', async () => {
    const to = output(true, 6)
    const dashboard = createDashboard(to)
    await dashboard.show(emptyTally(), figures)
    await dashboard.show(emptyTally(), figures)
    expect(to.written[0]!.split('\n')).toHaveLength(6)
    expect(to.written[1]!.startsWith('\x1b[5A\r')).toBe(true)
  })

  it('writes plain lines elsewhere, each decision once', async () => {
    const to = output(false)
    const dashboard = createDashboard(to)
    const tally = tallyOf(flaggedValue('2', 'c2'))
    await dashboard.show(tally, figures)
    await dashboard.show(tally, figures)
    expect(to.written.filter((line) => line.includes('too far'))).toHaveLength(1)
    expect(to.written.filter((line) => line.startsWith('RUNNING'))).toHaveLength(2)
  })
})

describe('the rate', () => {
  it('is that of the last ten looks', () => {
    const rate = new Rate()
    expect(rate.look(0, 0)).toBe(0)
    expect(rate.look(500, 100)).toBe(200)
    for (let look = 0; look < 10; look++) rate.look(1_000 + look * 100, 100)
    expect(rate.look(3_000, 100)).toBe(0)
  })
})
