import { describe, expect, test } from 'vitest'
import { stringSerde } from '../../src/record/serdes.ts'
import { windowKey, windowPrefix } from '../../src/state/keys.ts'
import { pack, packedSerde } from '../../src/state/packed-bytes.ts'
import { Rows } from '../../src/state/window-rows.ts'

const serde = packedSerde(stringSerde)
const contentOf = (rows: Rows) =>
  Array.from({ length: rows.length }, (_, n) => rows.entryAt(n, serde)).map(({ timeMs, offset, value }) => [
    timeMs,
    offset,
    value,
  ])
const put = (rows: Rows, timeMs: number, offset: number, value = `${timeMs}/${offset}`) =>
  rows.with({ timeMs, offset }, pack(Buffer.from(value)), 1)

describe('rows', () => {
  test('are in the order of time, then offset, whatever the order in which they come', () => {
    let rows = new Rows()
    for (const [timeMs, offset] of [
      [5, 1],
      [-3, 9],
      [5, 0],
      [7, 2],
      [0, 0],
    ] as const)
      rows = put(rows, timeMs, offset)
    expect(contentOf(rows).map(([timeMs, offset]) => [timeMs, offset])).toEqual([
      [-3, 9],
      [0, 0],
      [5, 0],
      [5, 1],
      [7, 2],
    ])
    expect([rows.startOf(5), rows.endOf(5), rows.startOf(6), rows.endOf(8), rows.startOf(-4)]).toEqual([2, 4, 4, 5, 0])
  })

  test('with times at both ends of what a number can say exactly stay apart', () => {
    const [low, high] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    let rows = new Rows()
    for (const timeMs of [low + 1, high, 0, low, high - 1, 1]) rows = put(rows, timeMs, 1)
    expect(contentOf(rows).map(([timeMs]) => timeMs)).toEqual([low, low + 1, 0, 1, high - 1, high])
    expect(rows.has(rows.indexOf(high, 1), high, 1)).toBe(true)
    expect(rows.has(rows.indexOf(high - 2, 1), high - 2, 1)).toBe(false)
  })

  test('put where one is already take its place', () => {
    const rows = put(put(put(new Rows(), 1, 1), 2, 2), 1, 1, 'other')
    expect(contentOf(rows)).toEqual([
      [1, 1, 'other'],
      [2, 2, '2/2'],
    ])
  })

  test('take in older ones, and count where both have one', () => {
    const key = (timeMs: number, offset: number) => windowKey(windowPrefix('k'), timeMs, offset)
    const older = Rows.of(
      [0, 1, 2, 3].map((timeMs) => ({ key: key(timeMs, timeMs), value: Buffer.from(`older ${timeMs}`) })),
    )
    const rows = put(put(put(new Rows(), 2, 2), 2, 3), 9, 9).withOlder(older)
    expect(contentOf(rows).map(([, , value]) => value)).toEqual(['older 0', 'older 1', '2/2', '2/3', 'older 3', '9/9'])
    expect(new Rows().withOlder(older)).toBe(older)
  })

  test('read each value twice at most', () => {
    let reads = 0
    const counting = packedSerde({
      ...stringSerde,
      deserialize: (bytes: Buffer) => {
        reads++
        return bytes.toString()
      },
    })
    const rows = put(new Rows(), 1, 1)
    const values = [1, 2, 3].map(() => rows.entryAt(0, counting).value)
    expect([values, reads]).toEqual([['1/1', '1/1', '1/1'], 2])
  })
})
