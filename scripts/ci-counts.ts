/** What vitest's JSON reporter writes, as far as counting needs it. */
export interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Why the run is no success, beyond failed tests. */
  readonly problems: readonly string[]
}

/**
 * Counts a test run. A file that does not load counts as one failure; so do a run without a report, one that exits
 * non-zero although no test failed (an error outside tests), and one whose integration tests are missing or skipped.
 */
export function countTests(report: VitestReport | undefined, exitCode: number): Counts {
  if (report === undefined) return { passed: 0, failed: 1, problems: ['vitest ended without a report'] }
  const problems: string[] = []
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed')) {
      problems.push(`${file.name} did not load`)
    }
  }
  const integration = report.testResults.filter(({ name }) => name.includes('/test/integration/'))
  const results = integration.flatMap(({ assertionResults }) => assertionResults)
  if (results.length === 0) problems.push('the integration tests did not run')
  const skipped = results.filter(({ status }) => status !== 'passed' && status !== 'failed').length
  if (skipped > 0) problems.push(`${skipped} integration tests were skipped`)
  if (exitCode !== 0 && report.numFailedTests === 0 && problems.length === 0) {
    problems.push(`vitest exited with ${exitCode} although no test failed`)
  }
  return { passed: report.numPassedTests, failed: report.numFailedTests + problems.length, problems }
}
