import { type Command, Option } from 'commander'
import type { LogClient } from '../log/log.ts'
import { loadConfig, type WeirConfig } from '../runtime/config.ts'
import { commaSeparated } from './arguments.ts'
import type { Cli, ConnectOptions } from './cli.ts'
import { startProgress } from './progress.ts'

/** Where a command finds the log, and what it is called there. */
export interface LogOptions {
  readonly config?: string
  readonly dataDir?: string
  readonly kafka?: readonly string[]
  readonly topic?: string
  /** Only some commands have it. */
  readonly appId?: string
}

/** Adds the options that say which log: every command that needs one has them. */
export function withLogOptions(command: Command): Command {
  return command
    .option('--config <FILE>', 'configuration file (YAML)')
    .addOption(new Option('--data-dir <DIR>', 'the embedded log in this folder (default: .weir)').conflicts('kafka'))
    .addOption(
      new Option('--kafka <HOST:PORT,…>', 'a Kafka cluster in place of the embedded log').argParser(commaSeparated),
    )
    .option('--topic <NAME>', 'the topic (default: main)')
}

/** The configuration that these options, the environment and the file give. @throws ConfigError */
export function configOf(cli: Cli, { config, dataDir, kafka, topic, appId }: LogOptions): WeirConfig {
  const flag = (name: string, value: unknown) => ({ flag: name, value })
  return loadConfig({
    ...(config === undefined ? {} : { file: config }),
    env: cli.env,
    flags: {
      ...(dataDir === undefined
        ? {}
        : { 'log.dataDir': flag('--data-dir', dataDir), 'log.kind': flag('--data-dir', 'embedded') }),
      ...(kafka === undefined ? {} : { 'log.brokers': flag('--kafka', kafka), 'log.kind': flag('--kafka', 'kafka') }),
      ...(appId === undefined ? {} : { appId: flag('--app-id', appId) }),
      ...(topic === undefined ? {} : { mainTopic: flag('--topic', topic) }),
    },
  })
}

/** Connects, and closes the connection when `use` is done, whatever comes of it. */
export async function withLog<T>(
  cli: Cli,
  options: LogOptions,
  use: (log: LogClient, config: WeirConfig) => Promise<T>,
  connectOptions: ConnectOptions = { create: false },
): Promise<T> {
  const config = configOf(cli, options)
  const log = await connected(cli, config, connectOptions)
  try {
    return await use(log, config)
  } finally {
    await log.close()
  }
}

async function connected(cli: Cli, config: WeirConfig, options: ConnectOptions): Promise<LogClient> {
  const progress = startProgress(cli.err)
  progress.show(`connecting to ${config.log.kind === 'kafka' ? config.log.brokers.join(', ') : config.log.dataDir}`)
  try {
    return await cli.connect(config, options)
  } finally {
    progress.done()
  }
}
