import { mkdirSync, readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeBacktestFolder } from '../../src/replay/backtest-folder.ts'
import { writeSmallRules } from '../cli/small-rules.ts'
import { type Running, startWeir, temporaryFolder } from '../cli/weir.ts'
import { eventually } from '../support/eventually.ts'

let folder: ReturnType<typeof temporaryFolder>
let running: Running | undefined

beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(folder.inside('temporary'))
  vi.stubEnv('TMPDIR', folder.inside('temporary'))
})
afterEach(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
  vi.unstubAllEnvs()
  folder.remove()
})

const left = () => readdirSync(folder.inside('temporary'))

it('is removed by the next back-test when its own was killed, and not while that runs', {
  timeout: 30_000,
}, async () => {
  writeSmallRules(folder.inside('rules'))
  running = startWeir(['backtest', '--rules', folder.inside('rules'), '--input', '-'])
  await eventually(() => expect(left()).toHaveLength(1))
  const [killed] = left()
  const beside = basename(await makeBacktestFolder())
  expect(left().sort()).toEqual([killed, beside].sort())

  running.child.kill('SIGKILL')
  await running.ended
  expect(left()).toContain(killed)
  const next = basename(await makeBacktestFolder())
  expect(left().sort()).toEqual([beside, next].sort())
})

it('touches nothing of other hosts, and no other name', async () => {
  // No process has such a number.
  const gone = 2 ** 30
  const others = [
    `weir-backtest-not-${hostname()}-${gone}-abcdef`,
    `weir-backtest-${hostname()}-${gone}-kept-by-me`,
    `weir-backtest-${gone}-abcdef`,
    'other',
  ]
  const abandoned = `weir-backtest-${hostname()}-${gone}-abcdef`
  for (const name of [...others, abandoned]) mkdirSync(folder.inside('temporary', name))
  const made = basename(await makeBacktestFolder())
  expect(left().sort()).toEqual([...others, made].sort())
})
