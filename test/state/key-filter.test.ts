import { describe, expect, test } from 'vitest'
import { KeyFilter } from '../../src/state/key-filter.ts'

const keys = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `k-${from + n}-${(from + n) % 97}`)

describe('a key filter', () => {
  test('says yes of every key that was added, and of few others', () => {
    const filter = new KeyFilter()
    for (const [n, key] of keys(0, 200_000).entries()) filter.add(key, n)
    expect(keys(0, 200_000).filter((key) => !filter.mayHave(key))).toEqual([])
    expect(keys(200_000, 300_000).filter((key) => filter.mayHave(key)).length).toBeLessThan(5_000)
  })

  test('says no of all keys while it is empty', () => {
    expect(keys(0, 100).some((key) => new KeyFilter().mayHave(key))).toBe(false)
  })

  test('forgets keys when the times of all that came with them are past, and no others', () => {
    const filter = new KeyFilter()
    for (const [n, key] of keys(0, 100_000).entries()) filter.add(key, n)
    filter.forgetBefore(90_000)
    expect(keys(90_000, 100_000).filter((key) => !filter.mayHave(key))).toEqual([])
    expect(keys(0, 16_000).filter((key) => filter.mayHave(key)).length).toBeLessThan(1_000)
    filter.forgetBefore(100_000)
    expect(keys(0, 100_000).some((key) => filter.mayHave(key))).toBe(false)
    filter.add('later', 100_001)
    expect(filter.mayHave('later')).toBe(true)
  })

  test('remembers a key by its latest time', () => {
    const filter = new KeyFilter()
    filter.add('again', 1)
    for (const [n, key] of keys(0, 50_000).entries()) filter.add(key, n)
    filter.add('again', 60_000)
    filter.forgetBefore(60_000)
    expect(filter.mayHave('again')).toBe(true)
  })

  test('says yes of all keys once it has more than it can tell apart', () => {
    const filter = new KeyFilter({ firstKeys: 10, mostKeys: 20, mostGenerations: 3 })
    for (const key of keys(0, 40)) filter.add(key, 1)
    expect(filter.mayHave('none')).toBe(false)
    for (const key of keys(40, 200)) filter.add(key, 1)
    filter.forgetBefore(2)
    expect([...keys(0, 200), 'none'].every((key) => filter.mayHave(key))).toBe(true)
  })

  test('tells keys apart that differ in one character or only in length', () => {
    const filter = new KeyFilter()
    const alike = ['a', 'aa', 'ab', 'ba', '', '\0', '\0\0', 'é', 'e']
    filter.add('a', 1)
    expect(alike.filter((key) => filter.mayHave(key))).toEqual(['a'])
  })
})
