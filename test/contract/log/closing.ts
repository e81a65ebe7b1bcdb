import { expect, it } from 'vitest'
import type { OpenedLog } from '../log.ts'
import { fresh } from './fixture.ts'

export function closingContract(open: () => Promise<OpenedLog>): void {
  it('refuses calls after close and ends polls that wait', async () => {
    const opened = await open()
    const { log } = opened
    const topic = fresh('topic')
    await log.createTopic({ topic, partitions: 1 })
    const reader = await log.openReader({ topic, partition: 0, offset: 0, isolation: 'read-committed' })
    const polled = expect(reader.poll(600_000)).rejects.toMatchObject({ code: 'log-closed' })
    await log.close()
    await polled
    await expect(log.topics()).rejects.toMatchObject({ name: 'LogError', code: 'log-closed' })
    await expect(log.openProducer()).rejects.toMatchObject({ name: 'LogError', code: 'log-closed' })
    await log.close()
    await opened.dispose()
  })
}
