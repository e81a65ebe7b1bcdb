import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startBroker } from './broker/start-broker.ts'

const help = `Starts a real Kafka broker on loopback for development and tests, without Docker where Java is there.

  npm run broker -- [--port PORT] [--data DIR]

  --port PORT  the port clients connect to (default: a free one)
  --data DIR   keep the broker's data there (default: a temporary folder, removed at the end)
  --help       this text

Prints KAFKA_BROKERS=HOST:PORT when it is ready, and stops at Ctrl-C or SIGTERM. Where KAFKA_BROKERS is set already,
that broker is looked at and used.
`

interface Arguments {
  readonly port?: number
  readonly dataDir?: string
}

function readArguments(): Arguments | 'help' {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help) return 'help'
  const port = Number(values.port ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port takes a number from 1 to 65535.')
  return { port, ...(values.data === undefined ? {} : { dataDir: values.data }) }
}

async function main(): Promise<number> {
  let options: Arguments | 'help'
  try {
    options = readArguments()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`)
    return 2
  }
  if (options === 'help') {
    process.stdout.write(help)
    return 0
  }
  try {
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    const broker = await startBroker(options)
    process.stdout.write(`KAFKA_BROKERS=${broker.brokers}\n`)
    const crashed = broker.ended.then(() => {
      throw new Error('The Kafka broker ended by itself: start it again.')
    })
    if (broker.pid !== -1) await Promise.race([stopped, crashed])
    crashed.catch(() => undefined)
    await broker.stop()
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

process.exitCode = await main()
// Signal handlers that never fired must not keep the process.
process.removeAllListeners('SIGINT')
process.removeAllListeners('SIGTERM')
