import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killSuite } from '../support/faults/kill-suite.ts'

killSuite('the embedded log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-kill-log-'))
  return { place: { kind: 'embedded', folder }, dispose: () => rm(folder, { recursive: true, force: true }) }
})
