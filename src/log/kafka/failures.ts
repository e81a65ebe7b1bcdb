import { LogError, ProductionError, TaskMigratedError, WeirError } from '../../errors.ts'
import { type BrokerError, codes, hasCode, isDenied, isFencing, LinkClosedError } from './broker-error.ts'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The port's error for whatever stopped a read, an administrative request or a commit of offsets. */
export function toLogError(error: unknown, principal: string): WeirError {
  if (error instanceof WeirError) return error
  if (error instanceof LinkClosedError) return new LogError('log-closed', 'the connection was closed', { cause: error })
  if (isDenied(error)) return notAuthorized(error as BrokerError, principal)
  if (hasCode(error, codes.UNKNOWN_TOPIC_OR_PARTITION)) {
    return new LogError('topic-missing', `${(error as BrokerError).resource.text} does not exist: create it first`, {
      cause: error,
    })
  }
  if (hasCode(error, codes.INCONSISTENT_GROUP_PROTOCOL)) {
    return new LogError(
      'log-unavailable',
      `${(error as BrokerError).resource.text} has members with another assignor: stop them, or use another group (${textOf(error)})`,
      { cause: error },
    )
  }
  if (hasCode(error, codes.ILLEGAL_GENERATION, codes.UNKNOWN_MEMBER_ID, codes.REBALANCE_IN_PROGRESS)) {
    return new TaskMigratedError(
      'assignment-lost',
      `${(error as BrokerError).resource.text} went on without this member: join it again`,
      { cause: error },
    )
  }
  return new LogError('log-unavailable', `Kafka did not do it: ${textOf(error)}`, { cause: error })
}

/** The port's error for whatever stopped a write. */
export function toProductionError(error: unknown, principal: string): WeirError {
  if (error instanceof WeirError) return error
  if (isDenied(error)) return notAuthorized(error as BrokerError, principal)
  if (isFencing(error)) {
    return new TaskMigratedError('fenced', `a newer producer took over: ${textOf(error)}`, { cause: error })
  }
  if (error instanceof LinkClosedError) return new LogError('log-closed', 'the producer was closed', { cause: error })
  if (hasCode(error, codes.MESSAGE_TOO_LARGE, codes.RECORD_LIST_TOO_LARGE)) {
    return new ProductionError('record-too-large', `a record is larger than the topic takes: ${textOf(error)}`, {
      cause: error,
    })
  }
  return new ProductionError('production-failed', `Kafka did not take the records: ${textOf(error)}`, { cause: error })
}

/** Names the right that is missing, and the command that grants it. */
function notAuthorized(error: BrokerError, principal: string): LogError {
  const { kind, name, operation } = error.resource
  const what = kind === 'cluster' ? 'the cluster' : `the ${kindText[kind]} "${name}"`
  const on = kind === 'cluster' ? '--cluster' : `--${kind} '${name}'`
  const grant = `kafka-acls.sh --add --allow-principal '${principal}' --operation ${operation} ${on}`
  const message = `the principal ${principal} may not ${operation} ${operation.endsWith('Write') ? 'to ' : ''}${what}; grant it: ${grant}`
  return new LogError('not-authorized', message, { cause: error })
}

const kindText = { topic: 'topic', group: 'group', 'transactional-id': 'transactional id' } as const
