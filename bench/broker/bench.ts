import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import { buildRivals } from './build-rivals.ts'
import { chartOf } from './chart.ts'
import { type DecisionsFound, firstDifference } from './decisions.ts'
import { type BenchOptions, help, readOptions } from './options.ts'
import { type ScenarioResults, tableOf } from './report.ts'
import type { Rival } from './rival.ts'
import { bareLoop, weir, weirShipped } from './rivals.ts'
import { measure, type RunResult } from './run.ts'
import { type Scenario, titleOf } from './scenario.ts'
import { streamsOf, sweeps } from './streams-variants.ts'

const run = promisify(execFile)
const say = (text: string): void => void process.stderr.write(`${text}\n`)

function rivalsOf({ rivals, streams, weir: settings, sweep, nodeFlags }: BenchOptions): readonly Rival[] {
  if (sweep.length > 0) return sweep.flatMap((name) => made(sweeps, name, '--sweep'))
  const known: Readonly<Record<string, () => Rival>> = {
    weir: () => weir(settings, nodeFlags),
    streams: () => streamsOf(streams),
    shipped: () => weirShipped(settings, nodeFlags),
    bare: () => bareLoop(settings),
  }
  return rivals.map((name) => made(known, name, '--rivals'))
}

function made<T>(makers: Readonly<Record<string, () => T>>, name: string, flag: string): T {
  const make = makers[name]
  if (make === undefined) throw new Error(`${flag} takes ${Object.keys(makers).join(', ')}; ${name} is none of them`)
  return make()
}

/** Of the bare loop, before each round. */
const warmUpEvents = 150_000

/** The same rivals in another order each round, so that none always runs first. */
const rotated = <T>(all: readonly T[], by: number): readonly T[] => [
  ...all.slice(by % all.length),
  ...all.slice(0, by % all.length),
]

/** A decision that only some rivals make ends the measurement. */
class Reference {
  #first: { readonly rival: string; readonly digest: string; readonly file: string } | undefined

  async compare(rival: string, { digest }: DecisionsFound, file: string): Promise<void> {
    if (this.#first === undefined) {
      this.#first = { rival, digest, file }
      return
    }
    if (this.#first.digest !== digest) {
      const difference = await firstDifference(this.#first.file, file)
      throw new Error(`${this.#first.rival} and ${rival} decide differently:\n${difference}`)
    }
    await rm(file)
  }
}

async function runScenario(scenario: Scenario, options: BenchOptions, workDir: string): Promise<ScenarioResults> {
  const runs: RunResult[] = []
  const reference = new Reference()
  for (let round = 1; round <= options.rounds; round++) {
    // A broker of its own for each round: what earlier rounds left on it must not count.
    const broker = await startBroker()
    const log = await openKafkaLog({ brokers: broker.brokers.split(',') })
    try {
      // Nor must its compiling itself, which would be the first rival's cost.
      const [name, decisionsFile] = [`bench-${process.pid}-${round}-warm-up`, join(workDir, 'warm-up.tsv')]
      const few = { ...scenario, events: Math.min(scenario.events, warmUpEvents) }
      await measure(bareLoop(), { broker, log, scenario: few, round, name, decisionsFile })
      for (const [index, rival] of rotated(rivalsOf(options), round - 1).entries()) {
        const name = `bench-${process.pid}-${round}-${index}`
        const decisionsFile = join(workDir, `${name}.tsv`)
        const result = await measure(rival, { broker, log, scenario, round, name, decisionsFile })
        runs.push(result)
        const { count, flagged } = result.decisions
        say(`  ${rival.name}: ${Math.round(result.eventsPerSecond)}/s, ${count} decisions, ${flagged} flagged`)
        if (rival.decidesAlike) await reference.compare(rival.name, result.decisions, decisionsFile)
        else await rm(decisionsFile)
      }
    } finally {
      await log.close()
      await broker.stop()
    }
  }
  return { scenario, runs }
}

async function machine(): Promise<Readonly<Record<string, string>>> {
  const java = await run('java', ['-version']).then(
    ({ stderr }) => stderr.split('\n')[0]!,
    () => 'none',
  )
  const all = cpus()
  return {
    processor: `${all.length} × ${all[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    java,
  }
}

async function main(): Promise<number> {
  const options = readOptions()
  if (options === 'help') {
    process.stdout.write(help)
    return 0
  }
  await buildRivals()
  const workDir = await mkdtemp(join(tmpdir(), 'card-bench-'))
  const results: ScenarioResults[] = []
  try {
    for (const scenario of options.scenarios) {
      say(titleOf(scenario))
      const result = await runScenario(scenario, options, workDir)
      results.push(result)
      process.stdout.write(`${tableOf(result)}\n`)
    }
    if (options.out !== undefined) {
      const json = { machine: await machine(), command: process.argv.slice(2).join(' '), results }
      await writeFile(`${options.out}.json`, `${JSON.stringify(json, undefined, 2)}\n`)
      await writeFile(`${options.out}.svg`, chartOf(results))
    }
    return 0
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return 1
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

process.exitCode = await main()
