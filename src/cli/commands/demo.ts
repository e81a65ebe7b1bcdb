import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { simulate } from '../../replay/simulator/simulate.ts'
import { type FlagValues, loadConfig } from '../../runtime/config.ts'
import { createLogger } from '../../runtime/logger.ts'
import { systemClock } from '../../time/clock.ts'
import { positiveNumber, wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { allDecided } from '../demo/all-decided.ts'
import { createDashboard } from '../demo/dashboard.ts'
import { feed } from '../demo/simulation-feed.ts'
import { emptyTally, Rate, type Tally } from '../demo/tally.ts'
import { Watcher } from '../demo/watcher.ts'
import { withExamples } from '../examples.ts'
import { type Instance, startInstance } from '../instance.ts'
import { pause } from '../pause.ts'
import { grouped } from '../progress.ts'
import { loadRules } from '../rule-folder.ts'

interface Options {
  readonly rules?: string
  readonly dataDir: string
  readonly rate: number
  readonly events?: number
  readonly customers: number
  readonly seed: number
}

const shippedRules = fileURLToPath(new URL('../../../rules', import.meta.url))
const groupId = 'weir'
const mainTopic = 'main'
const days = 3_650
const terminalMs = 250
const linesMs = 5_000

const notes = `
The demo keeps its log in the data folder and needs nothing else. Ctrl-C ends it; the next start goes on where this one
stopped, with no event sent or decided twice. Look into the same log meanwhile: weir tail --data-dir .weir/demo --flagged`

export function demoCommand(cli: Cli): Command {
  const command = new Command('demo')
    .description('Watch Weir decide: a simulated bank writes events, the rules decide, this terminal shows it.')
    .option('--rules <DIR>', 'rule files (default: those that come with Weir)')
    .option('--data-dir <DIR>', 'where the log and the state are kept', join('.weir', 'demo'))
    .option('--rate <N>', 'events a second', positiveNumber, 50)
    .option('--events <N>', 'end after so many events', wholeNumber())
    .option('--customers <N>', 'customers of the bank', wholeNumber(1), 200)
    .option('--seed <N>', 'the same seed gives the same events', wholeNumber(), 1)
    .action(cli.action((options: Options) => run(cli, options)))
  return withExamples(command, ['weir demo', 'weir demo --rate 500 --rules my-rules'], notes)
}

async function run(cli: Cli, options: Options): Promise<ExitCode> {
  const { dataDir } = options
  const ruleSet = await loadRules(options.rules ?? shippedRules)
  const flags: FlagValues = {
    appId: { flag: 'demo', value: groupId },
    mainTopic: { flag: 'demo', value: mainTopic },
    'log.kind': { flag: 'demo', value: 'embedded' },
    'log.dataDir': { flag: '--data-dir', value: dataDir },
  }
  const config = loadConfig({ env: {}, flags })
  const logger = createLogger({ level: 'warn' })
  const stopping = new AbortController()
  const interrupt = () => stopping.abort()
  cli.interrupted.addEventListener('abort', interrupt)
  const instance = await startInstance(config, ruleSet, logger)
  const tally = emptyTally()
  const watcher = new Watcher(instance, tally)
  await watcher.open()
  const watching = watcher.run(stopping.signal)
  const showing = show(cli, instance, tally, stopping.signal)
  try {
    await Promise.race([feedAndWait(instance, options, watcher, stopping.signal), instance.app.ended, watching])
  } finally {
    stopping.abort()
    cli.interrupted.removeEventListener('abort', interrupt)
    await Promise.allSettled([watching, showing])
    await instance.stop()
  }
  await cli.out.line(
    `${grouped(tally.sent)} events sent, ${grouped(tally.decided)} decisions; the next start goes on from here`,
  )
  return 0
}

/** Feeds the simulation until it is interrupted or at its end; then, unless interrupted, waits until all is decided. */
async function feedAndWait(instance: Instance, options: Options, watcher: Watcher, signal: AbortSignal): Promise<void> {
  const { rate, events: limit, customers, seed } = options
  const { log, partitions } = instance
  await feed({
    log,
    topic: mainTopic,
    partitions,
    events: simulate({ customers, seed, days }),
    name: `customers=${customers} seed=${seed}`,
    perSecond: rate,
    ...(limit === undefined ? {} : { limit }),
    signal,
    onSent: (count) => {
      watcher.tally.sent = count
    },
  })
  await allDecided({ log, groupId, topic: mainTopic, partitions, seen: watcher.seen, signal })
}

async function show(cli: Cli, { app }: Instance, tally: Tally, signal: AbortSignal): Promise<void> {
  const dashboard = createDashboard(cli.out)
  const rate = new Rate()
  while (true) {
    const { state, tasks } = app.health()
    const lag = tasks.reduce((sum, task) => sum + (task.lag ?? 0), 0)
    await dashboard.show(tally, { state, lag, perSecond: rate.look(systemClock.nowMs(), tally.decided) })
    if (signal.aborted) return
    await pause(cli.out.isTTY ? terminalMs : linesMs, signal)
  }
}
