import type { Resource } from './resource.ts'

/** The broker's error codes that mean something to this adapter, by Kafka's names. */
export const codes = {
  UNKNOWN_SERVER_ERROR: -1,
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC_EXCEPTION: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  TOPIC_ALREADY_EXISTS: 36,
  NOT_CONTROLLER: 41,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  INVALID_TXN_STATE: 48,
  INVALID_PRODUCER_ID_MAPPING: 49,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  SECURITY_DISABLED: 54,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  FENCED_INSTANCE_ID: 82,
  PRODUCER_FENCED: 90,
} as const

const names = new Map<number, string>(Object.entries(codes).map(([name, code]) => [code, name]))

/** The partition's leader is elsewhere or not ready: look it up again. */
const movedLeader: ReadonlySet<number> = new Set([
  codes.CORRUPT_MESSAGE,
  codes.LEADER_NOT_AVAILABLE,
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.REQUEST_TIMED_OUT,
  codes.REPLICA_NOT_AVAILABLE,
  codes.NETWORK_EXCEPTION,
  codes.NOT_ENOUGH_REPLICAS,
  codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  codes.NOT_CONTROLLER,
  codes.KAFKA_STORAGE_ERROR,
  codes.FENCED_LEADER_EPOCH,
  codes.UNKNOWN_LEADER_EPOCH,
  codes.OFFSET_NOT_AVAILABLE,
])

/** The coordinator is elsewhere or not ready: look it up again. */
const movedCoordinator: ReadonlySet<number> = new Set([
  codes.REQUEST_TIMED_OUT,
  codes.COORDINATOR_LOAD_IN_PROGRESS,
  codes.COORDINATOR_NOT_AVAILABLE,
  codes.NOT_COORDINATOR,
])

const fencing: ReadonlySet<number> = new Set([
  codes.INVALID_PRODUCER_EPOCH,
  codes.PRODUCER_FENCED,
  // The coordinator ended the transaction for us (its timeout passed), or our id was handed out anew.
  codes.INVALID_TXN_STATE,
  codes.INVALID_PRODUCER_ID_MAPPING,
])

const denying: ReadonlySet<number> = new Set([
  codes.TOPIC_AUTHORIZATION_FAILED,
  codes.GROUP_AUTHORIZATION_FAILED,
  codes.CLUSTER_AUTHORIZATION_FAILED,
  codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
])

/** A broker answered with an error code. Stays inside the adapter: `failures.ts` turns it into the port's errors. */
export class BrokerError extends Error {
  readonly errorCode: number
  /** What the request was about. */
  readonly resource: Resource

  constructor(errorCode: number, resource: Resource) {
    super(`${names.get(errorCode) ?? `Kafka error ${errorCode}`} (${resource.text})`)
    this.name = 'BrokerError'
    this.errorCode = errorCode
    this.resource = resource
  }
}

/** No answer came: the connection could not be made, broke, or the answer took too long. */
export class LinkError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'LinkError'
  }
}

/** The owner closed the connection while a request was under way. */
export class LinkClosedError extends LinkError {}

export const hasCode = (error: unknown, ...wanted: readonly number[]): boolean =>
  error instanceof BrokerError && wanted.includes(error.errorCode)

const isOneOf = (error: unknown, set: ReadonlySet<number>): boolean =>
  error instanceof BrokerError && set.has(error.errorCode)

export const isUnreachable = (error: unknown): boolean =>
  error instanceof LinkError && !(error instanceof LinkClosedError)
export const isMovedLeader = (error: unknown): boolean => isOneOf(error, movedLeader)
export const isMovedCoordinator = (error: unknown): boolean => isOneOf(error, movedCoordinator)
export const isFencing = (error: unknown): boolean => isOneOf(error, fencing)
export const isDenied = (error: unknown): boolean => isOneOf(error, denying)

/** @throws BrokerError unless the code is NONE */
export function check(errorCode: number, resource: Resource): void {
  if (errorCode !== codes.NONE) throw new BrokerError(errorCode, resource)
}
