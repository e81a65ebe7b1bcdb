import { describe, expect, test } from 'vitest'
import { IdIndex } from '../../../src/state/ids/id-index.ts'
import { IdPage } from '../../../src/state/ids/id-page.ts'

describe('an index of ids', () => {
  test('names the page of every id, over several generations, and hardly another', () => {
    const index = new IdIndex()
    const pages = Array.from({ length: 60 }, (_, n) => new IdPage(n))
    for (let n = 0; n < 60_000; n++) index.add(`id-${n}`, pages[Math.floor(n / 1000)]!, n)
    let others = 0
    for (let n = 0; n < 60_000; n++) {
      const found = index.pagesOf(`id-${n}`)
      expect(found).toContain(pages[Math.floor(n / 1000)])
      others += found.length - 1
    }
    for (let n = 60_000; n < 120_000; n++) others += index.pagesOf(`id-${n}`).length
    expect(others).toBeLessThan(120)
  })

  test('forgets generations whose times are all past', () => {
    const index = new IdIndex()
    const [old, young] = [new IdPage(0), new IdPage(1)]
    for (let n = 0; n < 15_000; n++) index.add(`old-${n}`, old, 5)
    for (let n = 0; n < 10; n++) index.add(`young-${n}`, young, 20)
    index.forgetBefore(5)
    expect(index.pagesOf('old-0')).toEqual([old])
    index.forgetBefore(6)
    expect(index.pagesOf('old-0')).toEqual([])
    expect(index.pagesOf('young-0')).toEqual([young])
    index.forgetBefore(21)
    expect(index.pagesOf('young-0')).toEqual([])
    index.add('new', young, 30)
    expect(index.pagesOf('new')).toEqual([young])
  })
})
