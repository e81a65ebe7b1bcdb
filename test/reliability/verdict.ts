import type { LogClient } from '../../src/log/log.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import { readPartition, readTopic } from '../support/log-lines.ts'
import { campaignRules } from '../support/oracle/campaign-twins.ts'
import { type ComparedDecision, firstDifference } from '../support/oracle/compare.ts'
import { type ExpectedPartition, recompute } from '../support/oracle/oracle.ts'
import type { OracleRecord } from '../support/oracle/records.ts'
import { decisionsIn } from '../support/scenario/suite.ts'

/** What lies on main compared with what the oracle makes of main's other records. */
export interface Verdict {
  /** Events, rows, list changes and ticks. */
  readonly events: number
  readonly ticks: number
  readonly decisions: number
  /** Expected decisions, late records and dead letters that are not there. */
  readonly lost: number
  /** There more than once. */
  readonly duplicated: number
  /** Pairs of neighbours in the wrong order. */
  readonly misplaced: number
  /** Decisions with other bytes than expected, or that nobody expected. */
  readonly wrong: number
  /** The first difference, where there is any. */
  readonly difference?: string
}

const textOf = (bytes: Buffer | null | undefined): string => bytes?.toString() ?? ''

/** A partition at a time: nobody has memory for all that a long campaign wrote. */
export async function judge(log: LogClient, topic: string, definition: string): Promise<Verdict> {
  const { partitions } = (await log.describeTopic(topic))!
  const sum = { events: 0, ticks: 0, decisions: 0, lost: 0, duplicated: 0, misplaced: 0, wrong: 0 }
  const aside = { late: new Set<string>(), deadLetters: new Set<string>() }
  let difference: string | undefined
  for (let partition = 0; partition < partitions; partition++) {
    const records = await readPartition(log, { topic, partition })
    const expected = expectedOf(records, { partition, partitions, definition })
    const found = decisionsIn(records)
    difference ??= firstDifference([found], [expected.decisions])
    for (const part of ['late', 'deadLetters'] as const)
      for (const { offset } of expected[part]) aside[part].add(`${partition}:${offset}`)
    sum.events += records.length - found.length
    sum.ticks += records.filter(isTick).length
    sum.decisions += found.length
    addTo(sum, compareDecisions(found, expected.decisions))
  }
  addTo(sum, await compareAside(log, lateTopic(topic), aside.late))
  addTo(sum, await compareAside(log, deadLetterTopic(topic), aside.deadLetters))
  return { ...sum, ...(difference === undefined ? {} : { difference }) }
}

const isTick = ({ headers }: LogRecord): boolean =>
  textOf(headers.kind) === 'control' && textOf(headers.type) === 'tick'

function addTo<K extends string>(sum: Record<K, number>, more: Readonly<Partial<Record<K, number>>>): void {
  for (const name of Object.keys(more) as K[]) sum[name] += more[name]!
}

interface Site {
  readonly partition: number
  readonly partitions: number
  readonly definition: string
}

function expectedOf(records: readonly LogRecord[], { partition, partitions, definition }: Site): ExpectedPartition {
  const main: OracleRecord[][] = Array.from({ length: partitions }, () => [])
  main[partition] = records.map(({ offset, timestampMs, key, value, headers }) => ({
    offset,
    timestampMs,
    keyBytes: key,
    valueBytes: value,
    headers,
  }))
  return recompute(main, { ruleSet: { hash: definition, offset: -1 }, rules: campaignRules })[partition]!
}

/** What is wrong with one partition's decisions. */
export function compareDecisions(found: readonly ComparedDecision[], expected: readonly ComparedDecision[]) {
  const places = new Map(expected.map((decision, place) => [decision.id, { decision, place }]))
  const seen = new Set<string>()
  let [duplicated, misplaced, wrong, last] = [0, 0, 0, -1]
  for (const { id, key, value } of found) {
    const known = places.get(id)
    if (seen.has(id)) duplicated++
    else if (known === undefined || known.decision.key !== key || known.decision.value !== value.toString()) wrong++
    if (!seen.has(id) && known !== undefined) {
      if (known.place < last) misplaced++
      last = known.place
    }
    seen.add(id)
  }
  const lost = expected.filter(({ id }) => !seen.has(id)).length
  return { lost, duplicated, misplaced, wrong }
}

/** Late records or dead letters, by the coordinates of their origin. */
async function compareAside(log: LogClient, topic: string, expected: ReadonlySet<string>) {
  const found = (await readTopic(log, topic)).map(
    ({ headers }) => `${textOf(headers['origin-partition'])}:${textOf(headers['origin-offset'])}`,
  )
  const seen = new Set(found)
  return { lost: [...expected].filter((at) => !seen.has(at)).length, duplicated: found.length - seen.size }
}
