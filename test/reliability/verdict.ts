import type { LogClient } from '../../src/log/log.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { deadLetterTopic, lateTopic } from '../../src/rules/operators/sinks.ts'
import { readTopic } from '../support/log-lines.ts'
import { campaignRules } from '../support/oracle/campaign-twins.ts'
import { type ComparedDecision, firstDifference } from '../support/oracle/compare.ts'
import { type ExpectedPartition, recompute } from '../support/oracle/oracle.ts'
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
const isDecision = ({ headers }: LogRecord): boolean => textOf(headers.kind) === 'decision'

export async function judge(log: LogClient, topic: string, definition: string): Promise<Verdict> {
  const records = await readTopic(log, topic)
  const { partitions } = (await log.describeTopic(topic))!
  const main: LogRecord[][] = Array.from({ length: partitions }, () => [])
  for (const record of records) main[record.partition]!.push(record)
  const expected = recompute(
    main.map((ofPartition) =>
      ofPartition.map(({ offset, timestampMs, key, value, headers }) => ({
        offset,
        timestampMs,
        keyBytes: key,
        valueBytes: value,
        headers,
      })),
    ),
    { ruleSet: { hash: definition, offset: -1 }, rules: campaignRules },
  )
  const found = main.map(decisionsIn)
  const wanted = expected.map(({ decisions }) => decisions)
  const sums = found.map((had, partition) => compareDecisions(had, wanted[partition]!))
  const aside = await compareAside(log, topic, expected)
  const sum = (name: keyof (typeof sums)[number]): number => sums.reduce((all, one) => all + one[name], 0)
  const difference = firstDifference(found, wanted)
  return {
    events: records.filter((record) => !isDecision(record)).length,
    ticks: records.filter(({ headers }) => textOf(headers.kind) === 'control' && textOf(headers.type) === 'tick')
      .length,
    decisions: found.reduce((all, had) => all + had.length, 0),
    lost: sum('lost') + aside.lost,
    duplicated: sum('duplicated') + aside.duplicated,
    misplaced: sum('misplaced'),
    wrong: sum('wrong'),
    ...(difference === undefined ? {} : { difference }),
  }
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

/** Late records and dead letters, by the coordinates of their origin. */
async function compareAside(log: LogClient, topic: string, expected: readonly ExpectedPartition[]) {
  let [lost, duplicated] = [0, 0]
  for (const [name, part] of [
    [lateTopic(topic), 'late'],
    [deadLetterTopic(topic), 'deadLetters'],
  ] as const) {
    const found = (await readTopic(log, name)).map(
      ({ headers }) => `${textOf(headers['origin-partition'])}:${textOf(headers['origin-offset'])}`,
    )
    const seen = new Set(found)
    const wanted = expected.flatMap((one, partition) => one[part].map(({ offset }) => `${partition}:${offset}`))
    lost += wanted.filter((at) => !seen.has(at)).length
    duplicated += found.length - seen.size
  }
  return { lost, duplicated }
}
