import { describe, expect, it } from 'vitest'
import type { LogRecord, OutgoingRecord } from '../../src/record/record.ts'
import { revisedDecision } from '../../src/rules/revised-decision.ts'
import { digestOf, type HeldDecision } from '../../src/task/held-decisions.ts'
import type { ResetMarks } from '../../src/task/position.ts'
import { Recheck } from '../../src/task/recheck.ts'

const read = (offset: number): LogRecord => ({
  topic: 'main',
  partition: 0,
  offset,
  timestampMs: 0,
  key: null,
  value: Buffer.from('x'),
  headers: { kind: Buffer.from('business'), id: Buffer.from(`e-${offset}`) },
})
const decided = (offset: number, score: number): OutgoingRecord => ({
  topic: 'main',
  partition: 0,
  key: null,
  value: Buffer.from(`{"decisionId":"d:0:${offset}","score":${score}}`),
  headers: { kind: Buffer.from('decision'), id: Buffer.from(`d:0:${offset}`) },
})
const seal = () => ({})
const revise = (decision: OutgoingRecord, revision: number) => revisedDecision(decision, revision, { seal })
const firstOf = ({ value }: OutgoingRecord): HeldDecision => ({ digest: digestOf(value!), revision: 0 })

function recheck(marks: ResetMarks, inLog: Readonly<Record<string, HeldDecision>> = {}, unasked = 0) {
  const counts: Record<string, number> = {}
  const asked: number[][] = []
  const check = new Recheck({
    marks,
    revise,
    held: {
      lookAhead: async (records) => {
        asked.push(records.map(({ offset }) => offset))
        return true
      },
      find: (id) => inLog[id],
      unasked: () => unasked,
      close: async () => {},
    },
    count: (name, by = 1) => {
      counts[name] = (counts[name] ?? 0) + by
    },
  })
  return { check, counts, asked }
}

describe('a recheck', () => {
  it('ends a batch at the point, and at the position of before', () => {
    const { check } = recheck({ compareFrom: 3, decidedTo: 5 })
    const records = [read(2), read(3), read(4), read(5), read(6)]
    expect(check.batchEnd(records, 0, 5)).toBe(1)
    expect(check.batchEnd(records, 1, 5)).toBe(3)
    expect(check.batchEnd(records, 1, 2)).toBe(2)
    expect(check.batchEnd(records, 3, 5)).toBe(5)
  })

  it('writes and compares nothing below the point, and writes everything from the position of before on', async () => {
    const { check, counts, asked } = recheck({ compareFrom: 3, decidedTo: 5, redecides: 1, revision: 1 })
    for (const offset of [2, 5]) expect(await check.lookAhead([read(offset)])).toBe(true)
    expect(check.take([read(2)], [decided(2, 1)])).toEqual([])
    const outgoing = [decided(5, 1)]
    expect(check.take([read(5)], outgoing)).toBe(outgoing)
    expect([counts, asked]).toEqual([{}, []])
    expect([check.isOver(4), check.isOver(5)]).toEqual([false, true])
  })

  it('compares decisions in between, and counts what differs or is not there', async () => {
    const inLog = { 'd:0:0': firstOf(decided(0, 1)), 'd:0:1': firstOf(decided(1, 1)) }
    const { check, counts, asked } = recheck({ decidedTo: 5 }, inLog)
    await check.lookAhead([read(0), read(1), read(2)])
    expect(check.take([read(0), read(1), read(2)], [decided(0, 1), decided(1, 2), decided(2, 1)])).toEqual([])
    expect([counts, asked]).toEqual([{ 'decisions-equal': 1, 'decisions-differing': 2 }, [[0, 1, 2]]])
  })

  it('writes what differs again, with an id of its own and the one that it supersedes', () => {
    const inLog = { 'd:0:0': firstOf(decided(0, 1)), 'd:0:1': firstOf(decided(1, 1)) }
    const { check, counts } = recheck({ decidedTo: 5, redecides: 1, revision: 3 }, inLog)
    const deadLetter = { ...decided(1, 1), headers: { kind: Buffer.from('business') } }
    const written = check.take([read(0), read(1)], [decided(0, 1), deadLetter, decided(1, 2)])
    expect(written.map(({ value }) => String(value))).toEqual([
      '{"decisionId":"r:3:d:0:1","score":2,"supersedes":"d:0:1"}',
    ])
    expect(String(written[0]!.headers['id'])).toBe('r:3:d:0:1')
    expect(counts).toEqual({ 'decisions-equal': 1, 'decisions-redecided': 1 })
  })

  it('counts decisions that are no longer made, from the point on', () => {
    const { check, counts } = recheck({ compareFrom: 1, decidedTo: 5 }, {}, 2)
    for (const offset of [0, 1]) expect(check.take([read(offset)], [])).toEqual([])
    expect(counts).toEqual({ 'decisions-retracted': 2 })
  })

  it('compares with what an earlier reset wrote in place of the first decision', () => {
    const inLog = { 'd:0:0': { digest: digestOf(revise(decided(0, 2), 1).value!), revision: 1 } }
    const { check, counts } = recheck({ decidedTo: 5, redecides: 1, revision: 2 }, inLog)
    expect(check.take([read(0)], [decided(0, 2)])).toEqual([])
    expect(check.take([read(0)], [decided(0, 1)])).toHaveLength(1)
    expect(counts).toEqual({ 'decisions-equal': 1, 'decisions-redecided': 1 })
  })
})
