import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { runInProcess } from './in-process.ts'
import { temporaryFolder } from './weir.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

describe('weir new', () => {
  it('writes a rule set that has no problems, and whose tests pass and make each rule fire', async () => {
    const dir = folder.inside('deep/rules')
    const { code, out, err } = await runInProcess(['new', dir])
    expect([code, out]).toEqual([0, `${dir}/events.yaml\n${dir}/rules.yaml\n`])
    expect(err).toContain(`weir test ${dir}`)
    const check = await runInProcess(['check', dir])
    expect([check.code, check.err]).toEqual([0, ''])
    const test = await runInProcess(['test', dir])
    expect([test.code, test.out]).toEqual([0, '2 tests, all as expected\n2 of 2 rules fire in some test\n'])
  })

  it('takes an empty folder, and writes over nothing', async () => {
    const dir = folder.inside('empty')
    mkdirSync(dir)
    expect((await runInProcess(['new', dir])).code).toBe(0)
    writeFileSync(`${dir}/rules.yaml`, 'mine')
    const { code, err } = await runInProcess(['new', dir])
    expect([code, err]).toEqual([2, expect.stringContaining('is not empty')])
    expect(readFileSync(`${dir}/rules.yaml`, 'utf8')).toBe('mine')
    expect(readdirSync(dir)).toHaveLength(2)
  })

  it('is misuse to name a file', async () => {
    const file = folder.inside('file')
    writeFileSync(file, '')
    const { code, err } = await runInProcess(['new', file])
    expect([code, err]).toEqual([2, expect.stringContaining('cannot be made')])
  })
})
