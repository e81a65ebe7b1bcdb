import { LogError, ProductionError, TaskMigratedError, WeirError } from '../../errors.ts'
import { type BrokerError, codes, hasCode, isDenied, isFencing, LinkClosedError } from './broker-error.ts'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The port's error for whatever stopped a read, an administrative request or a commit of offsets. */
export function toLogError(error: unknown): WeirError {
  if (error instanceof WeirError) return error
  if (error instanceof LinkClosedError) return new LogError('log-closed', 'the connection was closed', { cause: error })
  if (isDenied(error)) return notAuthorized(error as BrokerError)
  if (hasCode(error, codes.UNKNOWN_TOPIC_OR_PARTITION)) {
    return new LogError('topic-missing', `${(error as BrokerError).resource} does not exist: create it first`, {
      cause: error,
    })
  }
  if (hasCode(error, codes.INCONSISTENT_GROUP_PROTOCOL)) {
    return new LogError(
      'log-unavailable',
      `${(error as BrokerError).resource} has members with another assignor: stop them, or use another group (${textOf(error)})`,
      { cause: error },
    )
  }
  if (hasCode(error, codes.ILLEGAL_GENERATION, codes.UNKNOWN_MEMBER_ID, codes.REBALANCE_IN_PROGRESS)) {
    return new TaskMigratedError(
      'assignment-lost',
      `${(error as BrokerError).resource} went on without this member: join it again`,
      { cause: error },
    )
  }
  return new LogError('log-unavailable', `Kafka did not do it: ${textOf(error)}`, { cause: error })
}

/** The port's error for whatever stopped a write. */
export function toProductionError(error: unknown): WeirError {
  if (error instanceof WeirError) return error
  if (isDenied(error)) return notAuthorized(error as BrokerError)
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

function notAuthorized(error: BrokerError): LogError {
  return new LogError(
    'not-authorized',
    `Kafka refuses access to ${error.resource}: give the client's principal the rights it needs (${error.message})`,
    { cause: error },
  )
}
