import path from 'node:path'

export interface ServerOptions {
  /** Where the broker keeps its logs. */
  readonly dataDir: string
  /** The port clients connect to, on loopback. */
  readonly port: number
  /** The port of the broker's own controller, on loopback. */
  readonly controllerPort: number
  /** Further listeners' ports on loopback by name. */
  readonly listeners: Readonly<Record<string, number>>
}

/**
 * A one-node KRaft broker for development and tests: every internal topic has one copy and few partitions, joining a
 * group waits for nobody, and topics are made on purpose only. `more` wins over these.
 */
export function serverProperties(
  { dataDir, port, controllerPort, listeners }: ServerOptions,
  more: Readonly<Record<string, string>> = {},
): string {
  const clients = Object.entries({ PLAINTEXT: port, ...listeners })
    .map(([name, at]) => `${name}://127.0.0.1:${at}`)
    .join(',')
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `${clients},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': clients,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': path.join(dataDir, 'log'),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    // Transactions past their timeout are aborted at this rhythm; the default of 10 s makes such tests slow.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'log.cleaner.backoff.ms': 500,
    ...more,
  }
  return `${Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`
}
