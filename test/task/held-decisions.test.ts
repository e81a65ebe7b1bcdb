import { describe, expect, it } from 'vitest'
import type { FetchedBatch, PartitionReader } from '../../src/log/log.ts'
import type { LogRecord } from '../../src/record/record.ts'
import { digestOf, HeldDecisions } from '../../src/task/held-decisions.ts'

const source = { topic: 'main', partition: 0 }

/**
 * A log of one record an offset: `e` is an event, anything else a decision's id, with `@app` behind it another's, or `!3`
 * where it was made at that offset.
 */
function logOf(names: readonly string[], pollRecords: number) {
  const records: LogRecord[] = names.map((name, offset) => {
    const [id, app = 'weir'] = name.replace(/!.*/, '').split('@')
    const firedAt = name.split('!')[1]
    const value = JSON.stringify({ is: `at ${offset}`, firedAt: firedAt && { offset: Number(firedAt) } })
    const kind = name === 'e' ? 'business' : 'decision'
    const headers = { kind: Buffer.from(kind), id: Buffer.from(id!), app: Buffer.from(app) }
    return { ...source, offset, timestampMs: 0, key: null, value: Buffer.from(value), headers }
  })
  const polled: number[] = []
  let at = 0
  const reader: PartitionReader = {
    get position() {
      return at
    },
    async poll(): Promise<FetchedBatch> {
      const found = records.slice(at, at + pollRecords)
      at += found.length
      polled.push(at)
      const end = records.length
      return { ...source, records: found, nextOffset: at, highWatermark: end, lastStableOffset: end }
    },
    seek(offset) {
      at = offset
    },
    async close() {},
  }
  const openReader = async ({ offset }: { readonly offset: number }) => {
    at = offset
    return reader
  }
  return { records, polled, log: { openReader, endOffset: async () => records.length } }
}

function heldIn(
  names: readonly string[],
  {
    pollRecords = 1,
    revisedFrom,
    stopped = () => false,
  }: Partial<Record<'pollRecords' | 'revisedFrom', number>> & {
    readonly stopped?: () => boolean
  } = {},
) {
  const { log, records, polled } = logOf(names, pollRecords)
  const held = new HeldDecisions({ log, source, applicationId: 'weir', revisedFrom, maxBytes: 1_000, stopped })
  const offsetOf = (id: string): number | undefined => {
    const found = held.find(id)
    return found && records.findIndex(({ value }) => digestOf(value!) === found.digest)
  }
  return { held, records, offsetOf, polled, at: (...offsets: number[]) => offsets.map((offset) => records[offset]!) }
}

describe('held decisions', () => {
  it.each([1, 2, 3, 20])(
    'are found batch by batch, behind their events, when %i records come at a time',
    async (pollRecords) => {
      // Event 2 has none; a sequence of event 0 ends at event 3.
      const { held, offsetOf, at } = heldIn(
        ['e', 'e', 'd:0:0', 'e', 'd:0:1', 'e', 'a:0:0:r!3', 'd:0:3', 'e', 'd:0:5', 'd:0:8'],
        {
          pollRecords,
        },
      )
      await held.lookAhead(at(0))
      expect(offsetOf('d:0:0')).toBe(2)
      await held.lookAhead(at(1, 2))
      expect(offsetOf('d:0:1')).toBe(4)
      await held.lookAhead(at(3, 4))
      expect([offsetOf('a:0:0:r'), offsetOf('d:0:3')]).toEqual([6, 7])
      expect(offsetOf('d:0:0')).toBeUndefined()
      await held.lookAhead(at(5, 6, 7, 8))
      expect([offsetOf('d:0:5'), offsetOf('d:0:8')]).toEqual([9, 10])
    },
  )

  it('are read no further than to the first one of a later event', async () => {
    const { held, polled, at } = heldIn(['e', 'e', 'd:0:0', 'd:0:1', 'e', 'e'])
    await held.lookAhead(at(0))
    expect(polled).toEqual([1, 2, 3, 4])
  })

  it('are those of the application alone', async () => {
    const { held, offsetOf, at } = heldIn(['e', 'e', 'd:0:0@other', 'd:0:9@other', 'd:0:0', 'd:0:1'])
    await held.lookAhead(at(0))
    expect(offsetOf('d:0:0')).toBe(4)
  })

  it('are found where a repeated commit wrote some twice', async () => {
    const { held, offsetOf, at } = heldIn(['e', 'e', 'd:0:0', 'd:0:1', 'd:0:0', 'd:0:1', 'd:0:3'])
    await held.lookAhead(at(0))
    expect(held.find('d:0:0')).toBeDefined()
    await held.lookAhead(at(1))
    expect(offsetOf('d:0:1')).toBe(5)
  })

  it.each([1, 20])(
    'that nobody asks for are known with the input at which they were made (%i)',
    async (pollRecords) => {
      const names = ['e', 'e', 'd:0:0', 'd:0:1', 'e', 'a:0:0:r!4', 'a:0:1:r!4', 'd:0:4', 'e', 'd:0:8']
      const { held, at } = heldIn(names, { pollRecords })
      await held.lookAhead(at(0, 1))
      held.find('d:0:1')
      expect(held.unasked(at(0, 1))).toBe(1)
      await held.lookAhead(at(2, 3))
      expect(held.unasked(at(2, 3))).toBe(0)
      await held.lookAhead(at(4, 5))
      held.find('a:0:1:r')
      expect(held.unasked(at(4, 5))).toBe(2)
    },
  )

  it('are the last ones that a reset wrote, where there are such', async () => {
    const { held, records, at } = heldIn(['e', 'e', 'd:0:0', 'd:0:1', 'r:1:d:0:0', 'r:2:d:0:0'], { revisedFrom: 4 })
    await held.lookAhead(at(0, 1))
    expect(held.find('d:0:0')).toEqual({ digest: digestOf(records[5]!.value!), revision: 2 })
    expect(held.find('d:0:1')).toMatchObject({ revision: 0 })
  })

  it.each([1, 2, 3, 4, 5, 6])('are all found after a stop at poll %i, also for a shorter batch', async (stopAt) => {
    let polls = 0
    const names = ['e', 'e', 'd:0:0', 'a:0:0:r!1', 'd:0:1', 'r:1:d:0:1']
    const { held, offsetOf, at } = heldIn(names, { revisedFrom: 5, stopped: () => ++polls === stopAt })
    expect(await held.lookAhead(at(0, 1))).toBe(false)
    expect(await held.lookAhead(at(0))).toBe(true)
    expect(offsetOf('d:0:0')).toBe(2)
    expect(await held.lookAhead(at(1))).toBe(true)
    expect(offsetOf('a:0:0:r')).toBe(3)
    expect(held.find('d:0:1')).toMatchObject({ revision: 1 })
  })
})
