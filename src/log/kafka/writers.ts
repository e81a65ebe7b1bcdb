import type { TopicWriters } from '../log.ts'
import { check, codes } from './broker-error.ts'
import type { Link } from './link.ts'
import { clusterResource } from './resource.ts'

/** As Kafka numbers them in requests about access control. */
const topicKind = 2
/** Literal, prefixed and wildcard patterns that match the name. */
const matching = 2
const any = 1
const operations: ReadonlySet<number> = new Set([2, 4])
const allow = 3

/** Asks whom the broker lets write to a topic; super users are not in its answer. Needs Describe on the cluster. */
export async function writersOf(link: Link, topic: string): Promise<TopicWriters> {
  const { errorCode, resources } = await link.request('DescribeAcls', {
    resourceType: topicKind,
    resourceName: topic,
    resourcePatternType: matching,
    principal: null,
    host: null,
    operation: any,
    permissionType: any,
  })
  if (errorCode === codes.SECURITY_DISABLED) return 'everybody'
  check(errorCode, clusterResource('Describe'))
  const rights = resources.flatMap(({ acls }) => acls).filter(({ operation }) => operations.has(operation))
  const denied = new Set(rights.filter((right) => right.permissionType !== allow).map(({ principal }) => principal))
  const allowed = rights.map(({ principal }) => principal).filter((principal) => !denied.has(principal))
  return [...new Set(allowed)].sort()
}
