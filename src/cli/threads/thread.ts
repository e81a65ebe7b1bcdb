/** One thread of `weir run --threads`: a member of the group with tasks of its own, which the main thread started. */

import { parentPort, workerData } from 'node:worker_threads'
import { ConfigError } from '../../errors.ts'
import type { Log } from '../../log/log.ts'
import { SharedLog } from '../../log/shared/client.ts'
import { describeFailure } from '../../log/shared/protocol.ts'
import { createLogger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { createMember, openLog } from '../member.ts'
import { loadRules } from '../rule-folder.ts'
import { authenticityOf } from '../signing.ts'
import { endMessage, type MetricCall, type Report, type ThreadData } from './messages.ts'

const tellEveryMs = 200

const main = parentPort!
const { thread, config, ruleSetHash, log: port } = workerData as ThreadData
const tell = (report: Report): void => main.postMessage(report)

const calls: MetricCall[] = []
const collect =
  (method: MetricCall['method']) =>
  (name: string, value: number, labels?: MetricCall['labels']): void =>
    void calls.push({ method, name, value, labels })
const metrics: Metrics = {
  add: collect('add'),
  observe: collect('observe'),
  set: collect('set'),
  unset: (name, labels) => collect('unset')(name, 0, labels),
}

const { level, pretty } = config.logging
const stream = { isTTY: false, write: (line: string) => tell({ line }) }
const logger = createLogger({ level, stream, ...(pretty === undefined ? {} : { pretty }) }).child({ thread })

try {
  await run()
} catch (error) {
  tell({ failed: describeFailure(error) })
}
main.close()

async function run(): Promise<void> {
  const ruleSet = config.rules === undefined ? undefined : await loadRules(config.rules)
  if (ruleSet?.hash !== ruleSetHash) {
    throw new ConfigError('config-invalid', 'the rule files changed while the threads were starting; start again')
  }
  const log: Log = port === undefined ? await openLog(config, logger) : new SharedLog(port)
  const authenticity = await authenticityOf(config)
  const app = await createMember({ config, ruleSet, authenticity, log, logger, metrics })
  const report = (): void => {
    tell({ health: app.health() })
    if (calls.length > 0) tell({ metrics: calls.splice(0) })
  }
  const reporting = setInterval(report, tellEveryMs)
  main.on('message', (message) => {
    // What a stop throws, `ended` throws, too.
    if (message === endMessage) app.stop().catch(() => {})
  })
  try {
    await app.start()
    tell({ joined: true })
    await app.ended
  } finally {
    clearInterval(reporting)
    report()
    await log.close()
  }
}
