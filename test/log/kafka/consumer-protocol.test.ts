import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../src/log/kafka/consumer-protocol.ts'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol

describe('the consumer protocol', () => {
  it('keeps topics and user data of a subscription', () => {
    const bytes = encodeSubscription(['b', 'a'], Buffer.from([0, 255]), 4)
    expect(decodeSubscription('m', bytes)).toEqual({
      memberId: 'm',
      topics: ['b', 'a'],
      userData: Buffer.from([0, 255]),
    })
    expect(MemberMetadata.decode(bytes)).toMatchObject({ topics: ['b', 'a'], userData: Buffer.from([0, 255]) })
  })

  it('says something else in each generation', () => {
    const [one, two] = [4, 5].map((generation) => encodeSubscription(['a'], Buffer.alloc(0), generation))
    expect(one!.equals(two!)).toBe(false)
  })

  it('reads the subscription of another client', () => {
    const bytes = MemberMetadata.encode({ version: 0, topics: ['t'], userData: Buffer.from('u') })
    expect(decodeSubscription('m', bytes)).toEqual({ memberId: 'm', topics: ['t'], userData: Buffer.from('u') })
  })

  it('keeps an assignment, and takes none for an empty one', () => {
    const partitions = [
      { topic: 'a', partition: 2 },
      { topic: 'a', partition: 0 },
      { topic: 'b', partition: 1 },
    ]
    const bytes = encodeAssignment({ partitions, userData: Buffer.from('u') })
    expect(decodeAssignment(bytes)).toEqual({ partitions, userData: Buffer.from('u') })
    expect(MemberAssignment.decode(bytes)).toMatchObject({
      assignment: { a: [2, 0], b: [1] },
      userData: Buffer.from('u'),
    })
    const none = { partitions: [], userData: Buffer.alloc(0) }
    expect(decodeAssignment(encodeAssignment({ partitions: [] }))).toEqual(none)
    expect(decodeAssignment(Buffer.alloc(0))).toEqual(none)
  })
})
