import { cpus } from 'node:os'
import { readArguments } from './arguments.ts'
import { campaigns } from './campaigns.ts'
import { readReport, rowLine, writeDocument, writeReport } from './report.ts'
import { isExact, type Row } from './row.ts'

const help = `Shows that faults lose nothing, repeat nothing and let no zombie write, against a real Kafka broker.

  npm run reliability -- [campaign…] [--small] [--out FILE] [--doc FILE]

  kill       instances die by SIGKILL, also while they restore and rebalance (--kills)
  zombie     instances stand still beyond their session and go on (--rounds)
  proxy      every fault on every request, by a proxy before the broker (--times of each)
  broker     the broker restarts, cleanly and by SIGKILL, and a foreign producer hangs and dies (--rounds)
  aborted    others abort transactions in main, and our crashes in changelogs (--rounds)
  scale      1 instance, then 3, then 1 under steady load, without and with a standby (--standby 0|1: one of them)
  soak       steady load for long (--minutes, default 30); npm run soak:nightly takes an hour
  all        all of them

  --small       in seconds to a minute each, as the integration tests do
  --events N    events to send   --rate N   events a second   --seed N   of events and faults (default 1)
  --out FILE    results as JSON; those of campaigns that are not run now are kept
  --doc FILE    the table as Markdown, from all results in --out; without a campaign it is only made anew

Exit code 0 when everything was exact, 1 when anything was lost, repeated, out of order or wrong.
`

const started = performance.now()
const say = (line: string): void =>
  void process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}\n`)

const names = Object.keys(campaigns)

async function main(): Promise<number> {
  let options: ReturnType<typeof readArguments>
  try {
    options = readArguments(process.argv.slice(2), names)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
    return 2
  }
  if (options === 'help') {
    process.stdout.write(help)
    return 0
  }
  const rows: Row[] = []
  for (const name of options.names) {
    say(`campaign ${name}`)
    const found = await campaigns[name]!(options, say)
    for (const row of found) process.stdout.write(`${rowLine(row)}\n`)
    for (const { difference } of found) if (difference !== undefined) process.stdout.write(`${difference}\n`)
    rows.push(...found)
    // What took long is not lost to a later campaign's failure.
    if (options.out !== undefined) await writeReport(options.out, rows, { order: names, cores: cpus().length })
  }
  if (options.doc !== undefined && options.out !== undefined)
    await writeDocument(options.doc, await readReport(options.out))
  return rows.every(isExact) ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
}
