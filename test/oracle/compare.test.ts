import { describe, expect, it } from 'vitest'
import { type ComparedDecision, firstDifference } from '../support/oracle/compare.ts'

const decision = (id: string, value: object, key = 'k'): ComparedDecision => ({ id, key, value: JSON.stringify(value) })
const log = [[decision('d:0:1', { score: 0 }), decision('d:0:2', { fired: [{ score: 70 }] })], [decision('d:1:1', {})]]

describe('the comparison with the oracle', () => {
  it('finds nothing when all is equal, bytes or text', () => {
    const asBytes = log.map((all) => all.map((one) => ({ ...one, value: Buffer.from(one.value) })))
    expect(firstDifference(asBytes, log)).toBeUndefined()
    expect(firstDifference(log, log)).toBeUndefined()
  })

  it('names the field that differs', () => {
    const found = [[log[0]![0]!, decision('d:0:2', { fired: [{ score: 71 }] })], log[1]!]
    expect(firstDifference(found, log)).toContain(
      'partition 0, decision 1 (found 2, expected 2): d:0:2 differs in fired.0.score: 71 instead of 70',
    )
  })

  it('says when only the bytes differ', () => {
    const found = [[{ ...log[0]![0]!, value: '{ "score": 0 }' }, log[0]![1]!], log[1]!]
    expect(firstDifference(found, log)).toContain('d:0:1 differs in its bytes alone')
  })

  it('names what is missing, what is too much, and what stands in another place', () => {
    expect(firstDifference([[log[0]![0]!], log[1]!], log)).toContain('d:0:2 is missing at the end')
    expect(firstDifference([[log[0]![1]!], log[1]!], log)).toContain('d:0:1 is missing, d:0:2 stands there')
    expect(firstDifference([log[0]!, [...log[1]!, decision('d:1:9', {})]], log)).toContain(
      'partition 1, decision 1 (found 2, expected 1): d:1:9 should not be there',
    )
    expect(firstDifference([log[0]!.toReversed(), log[1]!], log)).toContain(
      'd:0:2 stands where d:0:1 should, which comes at 1',
    )
  })

  it('notices another key and another number of partitions', () => {
    expect(firstDifference([log[0]!, [decision('d:1:1', {}, 'other')]], log)).toContain(
      'has the key other instead of k',
    )
    expect(firstDifference([log[0]!], log)).toBe('found 1 partitions, expected 2')
  })
})
