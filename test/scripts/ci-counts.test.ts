import { describe, expect, it } from 'vitest'
import { countTests, type VitestReport } from '../../scripts/ci-counts.ts'

const file = (name: string, ...statuses: string[]) => ({
  name: `/repo/test/${name}`,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
})

function report(...files: VitestReport['testResults'][number][]): VitestReport {
  const statuses = files.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))
  return {
    numPassedTests: statuses.filter((status) => status === 'passed').length,
    numFailedTests: statuses.filter((status) => status === 'failed').length,
    testResults: files,
  }
}

describe('countTests', () => {
  it('adds up passed and failed tests', () => {
    const counts = countTests(report(file('a.test.ts', 'passed', 'failed'), file('integration/b.test.ts', 'passed')), 1)
    expect(counts).toEqual({ passed: 2, failed: 1, problems: [] })
  })

  it('fails a run without integration tests', () => {
    const counts = countTests(report(file('a.test.ts', 'passed')), 0)
    expect(counts).toEqual({ passed: 1, failed: 1, problems: ['the integration tests did not run'] })
  })

  it('fails a run that skipped integration tests', () => {
    const counts = countTests(report(file('integration/b.test.ts', 'passed', 'skipped')), 0)
    expect(counts.problems).toEqual(['1 integration tests were skipped'])
    expect(counts.failed).toBe(1)
  })

  it('counts a file that did not load', () => {
    const broken = { name: '/repo/test/x.test.ts', status: 'failed', assertionResults: [] }
    const counts = countTests(report(broken, file('integration/b.test.ts', 'passed')), 1)
    expect(counts).toEqual({ passed: 1, failed: 1, problems: ['/repo/test/x.test.ts did not load'] })
  })

  it('fails a run that exits non-zero without a failed test', () => {
    const counts = countTests(report(file('integration/b.test.ts', 'passed')), 1)
    expect(counts.failed).toBe(1)
  })

  it('fails a run without a report', () => {
    expect(countTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1 })
  })
})
