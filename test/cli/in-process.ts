import { Readable } from 'node:stream'
import type { Cli, ExitCode } from '../../src/cli/cli.ts'
import { runCli } from '../../src/cli/run.ts'
import type { LogClient } from '../../src/log/log.ts'
import type { WeirConfig } from '../../src/runtime/config.ts'

export interface InProcessOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly log?: LogClient
  /** In place of `log`: how commands connect. */
  readonly connect?: Cli['connect']
  readonly interrupted?: AbortSignal
  /** Called with everything on standard output so far. */
  readonly onOut?: (out: string) => void
}

export interface InProcessResult {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
  /** The configurations with which the command connected. */
  readonly connected: readonly WeirConfig[]
}

/** Runs a command line within the test, on a log that the test holds. */
export async function runInProcess(args: readonly string[], options: InProcessOptions = {}): Promise<InProcessResult> {
  const { input = '', env = {}, log, connect, interrupted = new AbortController().signal, onOut } = options
  const texts = { out: '', err: '' }
  const connected: WeirConfig[] = []
  const output = (name: 'out' | 'err') => {
    const write = async (text: string) => {
      texts[name] += text
      if (name === 'out') onOut?.(texts.out)
    }
    return { isTTY: false, columns: 80, rows: 24, write, line: (text = '') => write(`${text}\n`) }
  }
  const code = await runCli(args, {
    out: output('out'),
    err: output('err'),
    input: Readable.from([Buffer.from(input)], { objectMode: false }),
    env,
    interrupted,
    async connect(config, options) {
      connected.push(config)
      if (connect !== undefined) return connect(config, options)
      if (log === undefined) throw new Error('this test has no log')
      return { ...bound(log), close: async () => {} }
    },
  })
  return { code, ...texts, connected }
}

/** The client's methods without its end: the log is the test's. */
function bound(log: LogClient): LogClient {
  return {
    createTopic: (spec) => log.createTopic(spec),
    describeTopic: (topic) => log.describeTopic(topic),
    topics: () => log.topics(),
    startOffset: (partition) => log.startOffset(partition),
    endOffset: (partition, isolation) => log.endOffset(partition, isolation),
    openReader: (reading) => log.openReader(reading),
    openProducer: () => log.openProducer(),
    sendTogether: (transactionalId, records) => log.sendTogether(transactionalId, records),
    committedOffsets: (group, partitions) => log.committedOffsets(group, partitions),
    close: () => log.close(),
  }
}
