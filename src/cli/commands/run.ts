import { Command, Option } from 'commander'
import { type FlagValues, loadConfig, type WeirConfig, withoutSecrets } from '../../runtime/config.ts'
import { createLogger, type Logger } from '../../runtime/logger.ts'
import { systemClock } from '../../time/clock.ts'
import { commaSeparated, wholeNumber } from '../arguments.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { type Instance, startInstance } from '../instance.ts'
import { startRestoreLine } from '../restore-line.ts'
import { loadRules } from '../rule-folder.ts'

/** By flag: the setting that it overrides. */
const settingOf = {
  rules: 'rules',
  dataDir: 'log.dataDir',
  kafka: 'log.brokers',
  topic: 'mainTopic',
  appId: 'appId',
  partitions: 'partitions',
  guarantee: 'processing.guarantee',
  standby: 'standbyReplicas',
  threads: 'threads',
  port: 'http.port',
  unsigned: 'signing.unsigned',
  logLevel: 'logging.level',
} as const

type Options = { readonly [flag in keyof typeof settingOf]?: unknown } & { readonly config?: string }

const notes = `
Every setting can stand in the configuration file, in the environment (WEIR_APP_ID, WEIR_KAFKA_BROKERS, …) or, for those
above, in a flag; a flag counts more than the environment, and that more than the file.

Ctrl-C or SIGTERM ends gracefully: what is in hand is committed. A second one ends at once; nothing is lost then either,
the next start only has more to do.`

export function runCommand(cli: Cli): Command {
  const command = new Command('run')
    .description('Decide: read events from the log, evaluate the rules, write decisions back, exactly once.')
    .option('--rules <DIR>', 'rule files, in force from the start until others are deployed')
    .option('--config <FILE>', 'configuration file (YAML)')
    .addOption(new Option('--data-dir <DIR>', 'the embedded log in this folder (default: .weir)').conflicts('kafka'))
    .addOption(
      new Option('--kafka <HOST:PORT,…>', 'a Kafka cluster in place of the embedded log').argParser(commaSeparated),
    )
    .option('--topic <NAME>', 'the topic of events and decisions (default: main)')
    .option('--app-id <ID>', 'consumer group and prefix of changelogs (default: weir)')
    .option('--partitions <N>', 'partitions of a new embedded log (default: 4)', wholeNumber(1, 10_000))
    .addOption(
      new Option('--guarantee <NAME>', 'exactly-once (default), or at-least-once for lower latency').choices([
        'exactly-once',
        'at-least-once',
      ]),
    )
    .option('--threads <N>', 'threads that share the partitions (default: 1)', wholeNumber(1, 256))
    .option('--standby <N>', 'other instances that keep a warm copy of each task (default: 0)', wholeNumber(0, 10))
    .option('--port <N>', 'serve /health/live, /health/ready and /metrics on this port', wholeNumber(0, 65_535))
    .option('--unsigned', 'believe control records and decisions without a signature')
    .option('--log-level <LEVEL>', 'trace, debug, info, warn, error or silent (default: info)')
    .action(cli.action((options: Options) => run(cli, options)))
  return withExamples(
    command,
    [
      'weir run --rules rules',
      'weir run --config weir.yaml --port 9400',
      'weir run --rules rules --kafka localhost:9092 --unsigned',
    ],
    notes,
  )
}

function configOf(cli: Cli, { config, ...options }: Options): WeirConfig {
  const flags: Record<string, FlagValues[string]> = {}
  for (const [name, path] of Object.entries(settingOf)) {
    const value = options[name as keyof typeof settingOf]
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    if (value !== undefined) flags[path] = { flag, value }
  }
  const kind = options.kafka !== undefined ? 'kafka' : options.dataDir !== undefined ? 'embedded' : undefined
  if (kind !== undefined) flags['log.kind'] = { flag: kind === 'kafka' ? '--kafka' : '--data-dir', value: kind }
  return loadConfig({ ...(config === undefined ? {} : { file: config }), env: cli.env, flags })
}

async function run(cli: Cli, options: Options): Promise<ExitCode> {
  const config = configOf(cli, options)
  const ruleSet = config.rules === undefined ? undefined : await loadRules(config.rules)
  const { level, pretty } = config.logging
  // Takes the line of restores away; it is drawn again below.
  const clear = cli.err.isTTY ? '\r\x1b[2K' : ''
  const stream = { isTTY: cli.err.isTTY, write: (text: string) => void cli.err.write(`${clear}${text}`) }
  const logger = createLogger({ level, stream, ...(pretty === undefined ? {} : { pretty }) })
  const interrupted = aborted(cli.interrupted)
  logger.debug('configuration', { config: withoutSecrets(config) })
  if (config.signing.unsigned) {
    logger.warn('unsigned: whoever may write to the topic may also write rules and decisions', {
      topic: config.mainTopic,
    })
  }
  const instance = await startInstance(config, ruleSet, logger)
  const { partitions, healthUrl } = instance
  logger.info('deciding', {
    topic: config.mainTopic,
    partitions,
    ...(ruleSet === undefined ? {} : { rules: ruleSet.rules.length, ruleSet: ruleSet.hash }),
    guarantee: config.processing.guarantee,
    ...(healthUrl === undefined ? {} : { health: `${healthUrl}/health/ready` }),
  })
  const restores = startRestoreLine(cli.err, () => instance.app.health())
  try {
    await Promise.race([interrupted, instance.app.ended])
  } finally {
    restores.done()
    await stop(instance, config.shutdownTimeoutMs, logger)
  }
  return 0
}

async function stop(instance: Instance, withinMs: number, logger: Logger): Promise<void> {
  logger.info('ending', { withinMs })
  const timer = systemClock.setTimeout(() => {
    logger.error('the end took too long and is forced; the next start goes on from what was committed', { withinMs })
    process.exit(1)
  }, withinMs)
  try {
    await instance.stop()
  } finally {
    timer.cancel()
  }
  logger.info('ended')
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
