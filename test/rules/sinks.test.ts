import { describe, expect, it } from 'vitest'
import { unsigned } from '../../src/rules/authenticity.ts'
import { nothingRead } from '../../src/rules/decision.ts'
import { decisionSink } from '../../src/rules/operators/sinks.ts'

describe('a decision', () => {
  it('goes to the partition of its event, as output that its task need not read back', () => {
    const sink = decisionSink({ main: 'main', authenticity: unsigned('app'), stamp: () => ({}) })
    const event = { id: 'tx-1', type: 'paid', timeMs: 7, offset: 3, partition: 5 }
    const parts = { ...nothingRead, decisionId: 'd:5:3', event, key: 'k', firings: [], failed: [], truncated: [] }
    const record = sink.toRecord({
      key: 'k',
      timestampMs: 7,
      headers: {},
      topic: 'main',
      partition: 5,
      offset: 3,
      value: { timeMs: 7, parts: { ...parts, ruleSet: { hash: 'h', offset: -1 } } },
    })
    expect(record).toMatchObject({ topic: 'main', partition: 5, isOutput: true })
    expect(JSON.parse(String(record.value))).toMatchObject({ decisionId: 'd:5:3', event: { id: 'tx-1' } })
  })
})
