import { LogError } from '../errors.ts'
import type { LogClient, TopicDescription } from '../log/log.ts'

/** @throws LogError `topic-missing`, with the command that makes it */
export async function describedTopic(log: LogClient, topic: string): Promise<TopicDescription> {
  const description = await log.describeTopic(topic)
  if (description !== undefined) return description
  throw new LogError(
    'topic-missing',
    `there is no topic "${topic}"; create it with weir topics create, or name another with --topic`,
  )
}
