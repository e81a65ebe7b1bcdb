import Connection from 'kafkajs/src/network/connection.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import protocol from 'kafkajs/src/protocol/requests/index.js'

/**
 * What Weir takes from inside kafkajs (pinned at 2.2.4): connections with TLS and SASL, and the codecs of the small
 * requests. Its Consumer and Producer are not used; `docs/architecture.md` says why.
 */

export { Connection, createSocketFactory }

/** What kafkajs expects of a logger. */
export interface KafkaJsLogger {
  namespace(name: string): KafkaJsLogger
  debug(message: string, details?: object): void
  info(message: string, details?: object): void
  warn(message: string, details?: object): void
  error(message: string, details?: object): void
}

/** By API key. */
export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>

/** Of the group or transaction kind, as FindCoordinator numbers them. */
export const coordinatorType = { group: 0, transaction: 1 } as const

const apiKeys = {
  Metadata: 3,
  ListOffsets: 2,
  OffsetCommit: 8,
  OffsetFetch: 9,
  GroupCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteRecords: 21,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  DescribeAcls: 29,
  DescribeConfigs: 32,
} as const

export type ApiName = keyof typeof apiKeys

interface Coded {
  readonly errorCode: number
}
interface PartitionCoded extends Coded {
  readonly partition: number
}
interface Transactional {
  readonly transactionalId: string
  readonly producerId: string
  readonly producerEpoch: number
}
interface TopicOf<P> {
  readonly topic: string
  readonly partitions: readonly P[]
}
export interface OffsetToCommit {
  readonly partition: number
  readonly offset: string
  readonly metadata: string
}

/** The requests that kafkajs encodes and decodes for us: what goes in and what comes out. */
export interface Apis {
  ApiVersions: {
    request: Record<string, never>
    response: Coded & {
      readonly apiVersions: readonly { apiKey: number; minVersion: number; maxVersion: number }[]
    }
  }
  Metadata: {
    request: { readonly topics: readonly string[]; readonly allowAutoTopicCreation: false }
    response: {
      readonly brokers: readonly { nodeId: number; host: string; port: number }[]
      readonly controllerId: number
      readonly topicMetadata: readonly {
        readonly topicErrorCode: number
        readonly topic: string
        readonly isInternal: boolean
        readonly partitionMetadata: readonly {
          readonly partitionErrorCode: number
          readonly partitionId: number
          readonly leader: number
          readonly replicas: readonly number[]
        }[]
      }[]
    }
  }
  ListOffsets: {
    request: {
      readonly replicaId: -1
      readonly isolationLevel: 0 | 1
      readonly topics: readonly TopicOf<{ partition: number; timestamp: number }>[]
    }
    response: { readonly responses: readonly TopicOf<PartitionCoded & { readonly offset: string }>[] }
  }
  OffsetCommit: {
    request: {
      readonly groupId: string
      readonly groupGenerationId: number
      readonly memberId: string
      readonly topics: readonly TopicOf<OffsetToCommit>[]
    }
    response: { readonly responses: readonly TopicOf<PartitionCoded>[] }
  }
  OffsetFetch: {
    request: { readonly groupId: string; readonly topics: readonly TopicOf<{ partition: number }>[] }
    response: Coded & {
      readonly responses: readonly TopicOf<
        PartitionCoded & { readonly offset: string; readonly metadata: string | null }
      >[]
    }
  }
  GroupCoordinator: {
    request: { readonly groupId: string; readonly coordinatorType: number }
    response: Coded & { readonly coordinator: { nodeId: number; host: string; port: number } }
  }
  JoinGroup: {
    request: {
      readonly groupId: string
      readonly sessionTimeout: number
      readonly rebalanceTimeout: number
      readonly memberId: string
      readonly protocolType: 'consumer'
      readonly groupProtocols: readonly { name: string; metadata: Buffer }[]
    }
    response: Coded & {
      readonly generationId: number
      readonly leaderId: string
      readonly memberId: string
      readonly members: readonly { memberId: string; memberMetadata: Buffer }[]
    }
  }
  SyncGroup: {
    request: {
      readonly groupId: string
      readonly generationId: number
      readonly memberId: string
      readonly groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[]
    }
    response: Coded & { readonly memberAssignment: Buffer }
  }
  Heartbeat: {
    request: { readonly groupId: string; readonly groupGenerationId: number; readonly memberId: string }
    response: Coded
  }
  LeaveGroup: {
    request: { readonly groupId: string; readonly memberId: string }
    response: Coded
  }
  DescribeGroups: {
    request: { readonly groupIds: readonly string[] }
    response: { readonly groups: readonly (Coded & { readonly members: readonly { memberId: string }[] })[] }
  }
  CreateTopics: {
    request: {
      readonly topics: readonly {
        readonly topic: string
        readonly numPartitions: number
        readonly replicationFactor: number
        readonly configEntries: readonly { name: string; value: string }[]
      }[]
      readonly validateOnly: false
      readonly timeout: number
    }
    response: { readonly topicErrors: readonly (Coded & { topic: string; errorMessage: string | null })[] }
  }
  DeleteRecords: {
    request: { readonly topics: readonly TopicOf<{ partition: number; offset: string }>[]; readonly timeout: number }
    response: { readonly topics: readonly TopicOf<PartitionCoded>[] }
  }
  InitProducerId: {
    request: { readonly transactionalId: string | null; readonly transactionTimeout: number }
    response: Coded & { readonly producerId: string; readonly producerEpoch: number }
  }
  AddPartitionsToTxn: {
    request: Transactional & { readonly topics: readonly TopicOf<number>[] }
    response: {
      readonly errors: readonly { topic: string; partitionErrors: readonly PartitionCoded[] }[]
    }
  }
  AddOffsetsToTxn: { request: Transactional & { readonly groupId: string }; response: Coded }
  TxnOffsetCommit: {
    request: Transactional & { readonly groupId: string; readonly topics: readonly TopicOf<OffsetToCommit>[] }
    response: { readonly topics: readonly TopicOf<PartitionCoded>[] }
  }
  EndTxn: { request: Transactional & { readonly transactionResult: boolean }; response: Coded }
  DescribeAcls: {
    request: {
      readonly resourceType: number
      readonly resourceName: string
      readonly resourcePatternType: number
      readonly principal: null
      readonly host: null
      readonly operation: number
      readonly permissionType: number
    }
    response: Coded & {
      readonly resources: readonly {
        readonly acls: readonly { principal: string; operation: number; permissionType: number }[]
      }[]
    }
  }
  DescribeConfigs: {
    request: {
      readonly resources: readonly { type: 2; name: string; configNames: readonly string[] }[]
      readonly includeSynonyms: false
    }
    response: {
      readonly resources: readonly (Coded & {
        readonly configEntries: readonly { configName: string; configValue: string | null }[]
      })[]
    }
  }
}

/** A request ready to be sent: the body's bytes in pieces, and how to read the answer. */
export interface Call<Response> {
  readonly apiName: string
  readonly apiKey: number
  readonly apiVersion: number
  readonly body: readonly Buffer[]
  /** How long the answer may take, ms; the connection's usual timeout when that is longer. */
  readonly timeoutMs?: number
  decode(payload: Buffer): Response | Promise<Response>
  /** How long the broker asks us to hold back, ms. */
  throttleMs(response: Response): number
}

interface Exchange {
  readonly request: {
    readonly apiKey: number
    readonly apiVersion: number
    readonly apiName: string
    encode(): Promise<{ readonly buffer: Buffer }>
  }
  readonly response: { decode(payload: Buffer): Promise<unknown> }
}

/** Encodes a request with kafkajs, in the newest version that it and the broker know. Error codes stay in the answer. */
export async function encodeCall<Name extends ApiName>(
  name: Name,
  request: Apis[Name]['request'],
  versions: ApiVersions,
): Promise<Call<Apis[Name]['response']>> {
  const definition = protocol.requests[name]!
  const build = protocol.lookup(versions)(apiKeys[name], definition) as (options: object) => Exchange
  const exchange = build(request)
  const body = (await exchange.request.encode()).buffer
  return {
    apiName: name,
    apiKey: exchange.request.apiKey,
    apiVersion: exchange.request.apiVersion,
    body: [body],
    decode: async (payload) => (await exchange.response.decode(payload)) as Apis[Name]['response'],
    throttleMs: (response) => (response as { clientSideThrottleTime?: number }).clientSideThrottleTime ?? 0,
  }
}

/** What every broker since Kafka 2.0 answers before anything else is known about it. */
export const firstVersions: ApiVersions = { [apiKeys.ApiVersions]: { minVersion: 0, maxVersion: 2 } }
