import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, withLog } from './folder.ts'
import { kill, launchOwner, startOwner } from './owners.ts'
import { append, at, readAll, texts } from './records.ts'

describe('an embedded log whose owner is killed', () => {
  it('has what was committed and nothing of the open transaction', async () => {
    const folder = await temporaryFolder()
    const steps = ['append:a', 'send:b', 'offset:1', 'commit', 'send:open', 'offset:9', 'append:c']
    await kill(await startOwner(folder, ...steps))
    await withLog(folder, async (log) => {
      expect(texts(await readAll(log))).toEqual(['a', 'b', 'c'])
      expect(texts(await readAll(log, 'read-uncommitted'))).toEqual(['a', 'b', 'c'])
      expect(await log.committedOffsets('group', [at])).toEqual([{ ...at, offset: 1, metadata: '' }])
      await append(log, 'd')
      expect(texts(await readAll(log))).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  it('has all of a commit whose answer never came', async () => {
    const folder = await temporaryFolder()
    const owner = launchOwner(
      folder,
      { WEIR_FAIL_POINT: 'end-transaction-unanswered:2' },
      'send:a',
      'commit',
      'send:b',
      'offset:2',
      'commit',
    )
    expect(await once(owner, 'exit')).toEqual([null, 'SIGKILL'])
    await withLog(folder, async (log) => {
      expect(texts(await readAll(log))).toEqual(['a', 'b'])
      expect(await log.committedOffsets('group', [at])).toEqual([{ ...at, offset: 2, metadata: '' }])
    })
  })
})
