import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../../examples/repeat-within.ts'

it('forwards what follows within ten minutes, both ends included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-example-'))
  expect(await run(folder)).toEqual(['ten minutes later'])
  await rm(folder, { recursive: true })
})
