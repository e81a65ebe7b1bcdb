import type { Log } from '../../src/log/log.ts'
import { eventHeaders } from '../../src/record/headers.ts'

/** What a decision about an event of `key` looks like on the log; more fields replace these. */
export const decisionValue = (id: string, key: string, more = {}) => ({
  decisionId: id,
  key,
  outcome: 'allow',
  score: 0,
  event: { id: `tx-${id}`, offset: 0, partition: 0, time: 1_772_359_680_000, type: 'card.authorised' },
  fired: [],
  failed: [],
  ...more,
})

/** A decision in which a rule fired. */
export const flaggedValue = (id: string, key: string, outcome = 'review') =>
  decisionValue(id, key, {
    outcome,
    score: 70,
    fired: [{ rule: 'r', mode: 'live', outcome, score: 70, reason: 'too far', evidence: [] }],
  })

export async function appendDecisions(
  log: Log,
  partition: number,
  values: readonly { decisionId: string; key: string }[],
) {
  const producer = await log.openProducer()
  await producer.send(
    values.map((value) => ({
      topic: 'main',
      partition,
      key: Buffer.from(value.key),
      value: Buffer.from(JSON.stringify(value)),
      headers: eventHeaders({ kind: 'decision', type: 'risk.decision', id: value.decisionId, timeMs: 1 }),
    })),
  )
  await producer.close()
}

export async function appendEvents(log: Log, partition: number, ids: readonly string[]) {
  const producer = await log.openProducer()
  await producer.send(
    ids.map((id) => ({
      topic: 'main',
      partition,
      key: Buffer.from('k'),
      value: Buffer.from('{"amount":25.0}'),
      headers: eventHeaders({ kind: 'business', type: 'card.authorised', id, timeMs: 1 }),
      timestampMs: 1_772_359_680_000,
    })),
  )
  await producer.close()
}
