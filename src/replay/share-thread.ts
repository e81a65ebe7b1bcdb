/** One thread of a back-test: decides its share of the partitions and says what came of it. */

import { parentPort, workerData } from 'node:worker_threads'
import { describeFailure } from '../log/shared/protocol.ts'
import { loadRuleFiles } from '../rules/loader.ts'
import { stateEngine } from '../state/engines/index.ts'
import { decideShare } from './share.ts'
import type { ShareData, ShareReport } from './share-threads.ts'

const main = parentPort!
const tell = (report: ShareReport): void => main.postMessage(report)
const ending = new AbortController()
main.once('message', () => ending.abort())
// Waiting for that must not keep the thread.
main.unref()
const { canonical, engine, ...data } = workerData as ShareData

try {
  const ruleSet = loadRuleFiles([{ path: 'rule-set.json', text: canonical }])
  const onProgress = (progress: Extract<ShareReport, { progress: unknown }>['progress']) => tell({ progress })
  tell({
    decided: await decideShare({ ...data, ruleSet, engine: stateEngine(engine), onProgress, signal: ending.signal }),
  })
} catch (error) {
  tell({ failed: describeFailure(error) })
}
