import { expect, it } from 'vitest'
import { awaitStable, fresh, type LogFixture, outgoing, patience } from './fixture.ts'

const fenced = { name: 'TaskMigratedError', code: 'fenced' }

export function sessionContract(fixture: LogFixture): void {
  it('opening an id again fences the older producer and aborts its open transaction', async () => {
    const at = await fixture.partition()
    const [transactionalId, groupId] = [fresh('tx'), fresh('group')]
    const older = await fixture.session(transactionalId)
    await older.send([outgoing(at, 'lost')])
    await older.sendOffsets(groupId, [{ ...at, offset: 1, metadata: '' }])

    const other = await fixture.another()
    const newer = await other.openTransactionalProducer({ transactionalId })
    await awaitStable(fixture.log, at)
    await newer.send([outgoing(at, 'kept')])
    await expect(older.send([outgoing(at, 'late')])).rejects.toMatchObject(fenced)
    await expect(older.sendOffsets(groupId, [{ ...at, offset: 2, metadata: '' }])).rejects.toMatchObject(fenced)
    await expect(older.commit()).rejects.toMatchObject(fenced)
    await expect(older.abort()).rejects.toMatchObject(fenced)
    await older.close()
    await newer.commit()
    await newer.close()

    expect(await fixture.readTexts(at)).toEqual(['kept'])
    expect(await fixture.log.committedOffsets(groupId, [at])).toEqual([])
  })

  it.each(['commit', 'sendOffsets'] as const)('a fenced producer learns it at %s', async (call) => {
    const at = await fixture.partition()
    const transactionalId = fresh('tx')
    const older = await fixture.session(transactionalId)
    await older.send([outgoing(at, 'lost')])
    const newer = await fixture.session(transactionalId)
    const late =
      call === 'commit' ? older.commit() : older.sendOffsets(fresh('group'), [{ ...at, offset: 1, metadata: '' }])
    await expect(late).rejects.toMatchObject(fenced)
    await Promise.all([older.close(), newer.close()])
    await fixture.append(at, 'end')
    expect(await fixture.readTexts(at)).toEqual(['end'])
  })

  it('a producer without an open transaction is fenced at its next send', async () => {
    const at = await fixture.partition()
    const transactionalId = fresh('tx')
    const older = await fixture.session(transactionalId)
    await older.send([outgoing(at, 'first')])
    await older.commit()
    const newer = await fixture.session(transactionalId)
    await expect(older.send([outgoing(at, 'late')])).rejects.toMatchObject(fenced)
    await Promise.all([older.close(), newer.close()])
    expect(await fixture.readTexts(at)).toEqual(['first'])
  })

  it('opening an id again leaves what was committed before', async () => {
    const at = await fixture.partition()
    const transactionalId = fresh('tx')
    const older = await fixture.session(transactionalId)
    await older.send([outgoing(at, 'a')])
    await older.commit()
    await older.close()
    const newer = await fixture.session(transactionalId)
    await newer.send([outgoing(at, 'b')])
    await newer.commit()
    await newer.close()
    expect(await fixture.readTexts(at)).toEqual(['a', 'b'])
  })

  it('leaves other transactional ids alone', async () => {
    const at = await fixture.partition()
    const bystander = await fixture.session()
    await bystander.send([outgoing(at, 'kept')])
    const transactionalId = fresh('tx')
    const older = await fixture.session(transactionalId)
    await older.send([outgoing(at, 'lost')])
    const newer = await fixture.session(transactionalId)
    await bystander.commit()
    await Promise.all([older.close(), newer.close(), bystander.close()])
    expect(await fixture.readTexts(at)).toEqual(['kept'])
  })

  it('aborts a transaction that stays open longer than its timeout, and fences its producer', async () => {
    const at = await fixture.partition()
    const session = await fixture.session(fresh('tx'), 250)
    await session.send([outgoing(at, 'lost')])
    await fixture.append(at, 'behind')
    expect(await fixture.log.endOffset(at, 'read-committed')).toBe(0)
    await expect.poll(() => fixture.log.endOffset(at, 'read-committed'), patience).toBeGreaterThanOrEqual(2)
    expect(await fixture.readTexts(at)).toEqual(['behind'])
    await expect(session.commit()).rejects.toMatchObject(fenced)
    await session.close()
  })
}
