import type { Mutant } from './mutant.ts'

export interface Result {
  readonly mutant: Mutant
  /** `stale`: the text to replace does not occur exactly once; `not-run`: with it no test could start. */
  readonly verdict: 'caught' | 'SURVIVED' | 'stale' | 'not-run'
  /** The test that caught it, or what went wrong. */
  readonly by: string
}

export const isCaught = ({ verdict }: Result): boolean => verdict === 'caught'

/** A line for the terminal. */
export const lineOf = ({ mutant, verdict, by }: Result): string =>
  `${verdict.padEnd(8)}  ${mutant.id.padEnd(34)}  ${by}`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

const row = ({ mutant, verdict, by }: Result): string =>
  `| \`${mutant.id}\` | ${cell(mutant.what)} | \`${mutant.file}\` | ${verdict === 'caught' ? '' : `**${verdict}** `}${cell(by)} |`

/** `docs/mutants.md`. */
export const pageOf = (results: readonly Result[]): string => `# Planted faults

A test suite is worth what it notices. \`npm run mutants\` plants each of these ${results.length} faults in a copy of the working tree,
one at a time, and runs the tests that are to notice it. It fails when a fault survives, and when the text that a fault
replaces no longer occurs exactly once in its file (a unit test says that earlier). It is not part of \`npm test\`: a run
takes some minutes.

\`\`\`
npm run mutants                                    # all of them
npm run mutants -- --only grace-exclusive,tie-order  # some of them
npm run mutants -- --json                          # for machines
npm run mutants -- --write                         # all of them, and this page
\`\`\`

The faults lie in \`scripts/mutants/\`, as data. Property tests run with a fixed seed here, so that a run can be repeated. A
fault whose tests do not end within the limit counts as caught, and the table says so. A fault with which no test starts,
such as one that is no TypeScript, counts as a mistake in the list.

| Fault | What it does | Where | Caught by the test |
| --- | --- | --- | --- |
${results.map(row).join('\n')}
`
