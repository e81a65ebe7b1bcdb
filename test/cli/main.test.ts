import { describe, expect, it } from 'vitest'
import { runInProcess } from './in-process.ts'
import { weir } from './weir.ts'

describe('weir', () => {
  it('lists its commands and exit codes, and ends with 0', async () => {
    const { code, out } = await weir(['--help'])
    expect(code).toBe(0)
    expect(out).toContain('Exit codes: 0 done, 1 it ran and found problems, 2 misuse')
    expect(out).toContain('simulate')
  })

  it('prints its version', async () => {
    expect((await weir(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([
    [[]],
    [['simulat']],
    [['simulate', '--days', 'many', '--out', '-']],
    [['simulate', '--unknown']],
    [['simulate']],
    [['simulate', '--out', '/nowhere/at/all']],
    [['simulate', '--kafka', 'a:1', '--data-dir', 'b']],
    [['simulate', '--out', 'a', '--data-dir', 'b']],
    [['tail', '--outcome', 'perhaps']],
    [['tail', '--config', '/nowhere.yaml']],
  ])('ends with 2 on misuse, and says what to do on standard error: %j', async (args) => {
    const { code, out, err } = await runInProcess(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).not.toBe('')
    expect(err).not.toContain('    at ')
  })

  it('suggests the command that was meant', async () => {
    const { code, err } = await weir(['simulat'])
    expect(code).toBe(2)
    expect(err).toContain('Did you mean simulate?')
  })

  it('shows where an error came from only when asked', async () => {
    expect((await runInProcess(['simulate'])).err).not.toContain('    at ')
    expect((await runInProcess(['--verbose', 'simulate'])).err).toContain('    at ')
  })

  it('takes settings from the environment, and names a wrong one', async () => {
    const { code, err } = await runInProcess(['tail'], { env: { WEIR_PARTITIONS: 'some' } })
    expect(code).toBe(2)
    expect(err).toBe(
      'weir: WEIR_PARTITIONS: partitions must be a whole number from 1 to 10000, not "some" [config-invalid]\n',
    )
  })
})
