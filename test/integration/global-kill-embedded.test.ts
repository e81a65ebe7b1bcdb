import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { globalKillSuite } from '../support/faults/global-kill-suite.ts'

globalKillSuite('the embedded log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-global-kill-log-'))
  return { place: { kind: 'embedded', folder }, dispose: () => rm(folder, { recursive: true, force: true }) }
})
