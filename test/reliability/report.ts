import { readFile, writeFile } from 'node:fs/promises'
import { isExact, quantile, type Row } from './row.ts'

export interface Report {
  readonly machine: { readonly cores: number }
  readonly node: string
  readonly rows: readonly Row[]
}

const nameOf = ({ campaign, fault }: Row): string => `${campaign} ${fault}`

export async function readReport(file: string): Promise<Report> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** Writes the rows beside those of other campaigns that the file has already. */
export async function writeReport(
  file: string,
  rows: readonly Row[],
  { order, cores }: { readonly order: readonly string[]; readonly cores: number },
): Promise<void> {
  const before = await readReport(file).catch(() => undefined)
  const names = new Set(rows.map(nameOf))
  const kept = (before?.rows ?? []).filter((row) => !names.has(nameOf(row)))
  const all = [...kept, ...rows].sort((a, b) => order.indexOf(a.campaign) - order.indexOf(b.campaign))
  const report: Report = { machine: { cores }, node: process.version, rows: all }
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
}

const count = (value: number): string => value.toLocaleString('en-GB')
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const recovery = ({ recoveryMs }: Row): string =>
  recoveryMs.length === 0 ? '–' : `${seconds(quantile(recoveryMs, 0.5))}, at most ${seconds(quantile(recoveryMs, 1))}`

/** One row for a person at a terminal. */
export const rowLine = (row: Row): string =>
  `${row.campaign}: ${row.fault}: ${isExact(row) ? 'exact' : 'NOT EXACT'}; fired ${row.fired}, events ${row.events}, ` +
  `decisions ${row.decisions}, ticks ${row.ticks}, lost ${row.lost}, duplicated ${row.duplicated}, ` +
  `out of order ${row.misplaced}, wrong ${row.wrong}, recovery ${recovery(row)}; ${JSON.stringify(row.figures)}`

const heads = ['fault', 'how', 'fired', 'events', 'lost', 'duplicated', 'out of order', 'wrong', 'recovery']

const introduction = `# Reliability

What was done to Weir while it worked, and what came of it. Each campaign sends simulated events and rows to a main topic on
a real Kafka broker, lets instances of the application (processes of their own) decide them exactly once, and breaks
something. Afterwards everything on main, partition by partition, is compared with an oracle: a naive program that shares no
code with the engine and decides main's own records again, in their order. Each decision must be there once, in its place,
byte for byte; late records and dead letters must be there once. The rule set (\`test/reliability/rules\`) has sequences, a
sequence with \`not\` in it and one that ends in \`not\`, windowed features, a table, and a list that control records change.

\`npm run reliability -- all --out docs/reliability.json --doc docs/reliability.md\` makes this page (about half an hour, and
the soak's time); \`npm run reliability -- --help\` names the campaigns. Small ones run with the integration tests.
`

const legend = `*Fired* counts what happened, not what was asked for. *Recovery* is the median time, and the longest, from the fault
until all partitions were processed again; the time after which a dead instance is noticed (1.5 s here, 10 s where only the
broker ends, \`sessionTimeoutMs\`) is part of it. *Events* are all records on main that are no decisions.

A long recovery is one of several rounds of the group (counted below): with sessions of 1.5 s on cores that all share, a living
instance whose heartbeat the busy broker answers too late is taken for dead, its tasks move, and another round follows.
`

export async function writeDocument(file: string, { machine, node, rows }: Report): Promise<void> {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const numbers = (row: Row): string[] => [
    count(row.fired),
    count(row.events),
    count(row.lost),
    count(row.duplicated),
    count(row.misplaced),
    count(row.wrong),
  ]
  const table = [
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map((row) => line([row.fault, row.how, ...numbers(row), recovery(row)])),
  ]
  const more = rows
    .filter(({ figures }) => Object.keys(figures).length > 0)
    .map(
      ({ fault, figures, ticks, decisions }) =>
        `- **${fault}**: ${Object.entries({ decisions, ticks, ...figures })
          .map(([name, value]) => `${name} ${typeof value === 'number' ? count(value) : value}`)
          .join('; ')}`,
    )
  const where = `Measured on ${machine.cores} cores that the broker, the instances and the campaign shared, with Node ${node}.`
  await writeFile(file, [introduction, ...table, '', legend, `${where}\n`, '## More figures\n', ...more, ''].join('\n'))
}
