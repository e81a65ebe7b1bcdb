import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { BrokerProcess } from './child.ts'
import { freePort } from './free-port.ts'
import { brokerJars, canRun, kafkaVersion } from './jars.ts'
import { answers } from './probe.ts'
import { serverProperties } from './server-properties.ts'

export interface BrokerOptions {
  /** The port on loopback. Default: a free one. */
  readonly port?: number
  /** Where the broker keeps its data, made if missing and kept afterwards. Default: a temporary folder, removed. */
  readonly dataDir?: string
  /** Settings of the broker besides, or instead of, those it needs here. */
  readonly properties?: Readonly<Record<string, string>>
  /** Listeners besides the plain one: their ports on loopback by name. */
  readonly listeners?: Readonly<Record<string, number>>
  /** Look at `KAFKA_BROKERS` first. Default true; a test that stops its broker wants its own. */
  readonly shared?: boolean
}

export interface RunningBroker {
  /** `host:port`, several with commas between. */
  readonly brokers: string
  /** The broker's process; -1 when it was not started here. */
  readonly pid: number
  /** Resolves when a broker that was started here ended, however that came. */
  readonly ended: Promise<unknown>
  /** Ends it cleanly and removes its temporary folder. A broker named by `KAFKA_BROKERS` goes on. */
  stop(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

const startTimeoutMs = 60_000
const run = promisify(execFile)

/**
 * The broker that `KAFKA_BROKERS` names, or a real Kafka broker of one's own: with Java from Maven Central's jars, else
 * from Docker's `apache/kafka` image.
 * @throws Error in one sentence, with what to do, when there is no way to have one
 */
export async function startBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const named = process.env['KAFKA_BROKERS']
  if (named !== undefined && named !== '' && options.shared !== false) return namedBroker(named)
  if (await canRun('java', ['-version'])) return javaBroker(options)
  if (await canRun('docker', ['info'])) return dockerBroker(options)
  throw new Error(
    'A Kafka broker needs Java 17 or later (with Maven) or Docker: install one, or set KAFKA_BROKERS to a running broker.',
  )
}

async function namedBroker(brokers: string): Promise<RunningBroker> {
  const first = brokers.split(',')[0] ?? ''
  const colon = first.lastIndexOf(':')
  if (!(await answers(first.slice(0, colon), Number(first.slice(colon + 1)), 10_000))) {
    throw new Error(`KAFKA_BROKERS is ${brokers}, and nobody answers there: start that broker or unset the variable.`)
  }
  const nothing = async (): Promise<void> => {}
  return { brokers, pid: -1, ended: new Promise(() => undefined), stop: nothing, kill: nothing }
}

async function javaBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { port = 0, dataDir, listeners = {}, properties = {} } = options
  const jars = await brokerJars()
  const folder = dataDir ?? (await mkdtemp(path.join(tmpdir(), 'weir-broker-')))
  await mkdir(folder, { recursive: true })
  const remove = async (): Promise<void> => {
    if (dataDir === undefined) await rm(folder, { recursive: true, force: true })
  }
  const server = { dataDir: folder, port: port || (await freePort()), controllerPort: await freePort(), listeners }
  const java = (main: string, args: readonly string[]): string[] => [
    '-Xmx512m',
    '-Xms128m',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    path.join(jars, '*'),
    main,
    ...args,
  ]
  try {
    const file = path.join(folder, 'server.properties')
    await writeFile(file, serverProperties(server, properties))
    if (!(await isFormatted(folder))) {
      // A leading '-' would read as an option.
      const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'a')
      await run('java', java('kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', file]))
    }
    const child = new BrokerProcess('java', java('kafka.Kafka', [file]), {
      line: 'kill -9 "$1"; sleep 1; [ -z "$2" ] || rm -rf "$2"',
      args: [dataDir === undefined ? folder : ''],
    })
    await child.ready(server.port, startTimeoutMs)
    const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
      await child.end(signal)
      await remove()
    }
    return {
      brokers: `127.0.0.1:${server.port}`,
      pid: child.pid,
      ended: child.ended,
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    }
  } catch (cause) {
    await remove()
    throw cause
  }
}

const isFormatted = (folder: string): Promise<boolean> =>
  access(path.join(folder, 'log', 'meta.properties')).then(
    () => true,
    () => false,
  )

async function dockerBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { port = 0, dataDir, listeners = {}, properties = {} } = options
  const server = { dataDir: '/data', port: port || (await freePort()), controllerPort: await freePort(), listeners }
  const environment = serverProperties(server, properties)
    .trim()
    .split('\n')
    .flatMap((line) => {
      const equals = line.indexOf('=')
      return ['-e', `KAFKA_${line.slice(0, equals).toUpperCase().replaceAll('.', '_')}=${line.slice(equals + 1)}`]
    })
  const name = `weir-broker-${server.port}`
  const volume = dataDir === undefined ? [] : ['-v', `${path.resolve(dataDir)}:/data`]
  const args = ['run', '--rm', '--name', name, '--network', 'host', ...environment, ...volume]
  const child = new BrokerProcess('docker', [...args, `apache/kafka:${kafkaVersion}`], {
    line: 'docker kill "$2"',
    args: [name],
  })
  await child.ready(server.port, startTimeoutMs)
  return {
    brokers: `127.0.0.1:${server.port}`,
    pid: child.pid,
    ended: child.ended,
    stop: () => child.end('SIGTERM'),
    async kill() {
      await run('docker', ['kill', name])
      await child.end('SIGKILL')
    },
  }
}
