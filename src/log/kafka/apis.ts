interface Coded {
  readonly errorCode: number
}
interface PartitionCoded extends Coded {
  readonly partition: number
}
/** Who writes, as each request of a transaction says it. */
export interface TransactionalIdentity {
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
    request: TransactionalIdentity & { readonly topics: readonly TopicOf<number>[] }
    response: {
      readonly errors: readonly { topic: string; partitionErrors: readonly PartitionCoded[] }[]
    }
  }
  AddOffsetsToTxn: { request: TransactionalIdentity & { readonly groupId: string }; response: Coded }
  TxnOffsetCommit: {
    request: TransactionalIdentity & { readonly groupId: string; readonly topics: readonly TopicOf<OffsetToCommit>[] }
    response: { readonly topics: readonly TopicOf<PartitionCoded>[] }
  }
  EndTxn: { request: TransactionalIdentity & { readonly transactionResult: boolean }; response: Coded }
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

export type ApiName = keyof Apis
