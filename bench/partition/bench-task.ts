import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventHeaders } from '../../src/record/headers.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { unsigned } from '../../src/rules/authenticity.ts'
import { compileRuleSet } from '../../src/rules/compiler.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import type { StateEngine } from '../../src/state/engine.ts'
import { stateEngine } from '../../src/state/engines/index.ts'
import { ReplayTask } from '../../src/task/replay-task.ts'

export interface BenchRecord {
  readonly type: string
  readonly key: string
  readonly timeMs: number
  readonly payload: unknown
}

const noStamp = {}

/** One partition's task without a log, and the folder to delete when it is closed. */
export async function openReplay(
  ruleSet: RuleSet,
  engine: StateEngine['name'] = 'rocksdb',
): Promise<{ readonly task: ReplayTask; readonly folder: string }> {
  const topology = compileRuleSet({
    ruleSet,
    ruleSetOffset: -1,
    mainTopic: 'main',
    partitions: 1,
    mapping: 'headers',
    maxValueBytes: 1 << 20,
    authenticity: unsigned('bench'),
    stamp: () => noStamp,
  })
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const task = await ReplayTask.open({
    topology: topology.subTopologies[0]!,
    partition: 0,
    engine: stateEngine(engine),
    folder: join(folder, 'task'),
    count: () => {},
  })
  return { task, folder }
}

/** A rule file's task on RocksDB, without a log, and what its batches cost. */
export class BenchTask {
  readonly #task: ReplayTask
  readonly #folder: string
  #offset = 0
  #cpuMicros = 0
  #events = 0
  /** Records written, decisions mostly. */
  written = 0

  private constructor(task: ReplayTask, folder: string) {
    this.#task = task
    this.#folder = folder
  }

  static async open(ruleFile: string): Promise<BenchTask> {
    const { task, folder } = await openReplay(loadRuleFiles([{ path: 'bench.yaml', text: ruleFile }]))
    return new BenchTask(task, folder)
  }

  async process(records: readonly BenchRecord[]): Promise<void> {
    await this.processMs(records)
  }

  /** The same; resolves with how long the task took, without making the records. */
  async processMs(records: readonly BenchRecord[]): Promise<number> {
    const batch = records.map(
      ({ type, key, timeMs, payload }): LogRecord => ({
        topic: 'main',
        partition: 0,
        offset: this.#offset++,
        timestampMs: timeMs,
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify(payload)),
        headers: eventHeaders({ kind: 'business', type, id: `id-${this.#offset}`, timeMs }),
      }),
    )
    const before = process.cpuUsage()
    const startedMs = performance.now()
    this.written += (await this.#task.process(batch)).length
    const tookMs = performance.now() - startedMs
    const { user, system } = process.cpuUsage(before)
    this.#cpuMicros += user + system
    this.#events += batch.length
    return tookMs
  }

  /** CPU time an event since the last call: all threads, RocksDB's too. */
  microsPerEvent(): number {
    const micros = this.#cpuMicros / this.#events
    this.#cpuMicros = 0
    this.#events = 0
    return micros
  }

  async close(): Promise<void> {
    await this.#task.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
