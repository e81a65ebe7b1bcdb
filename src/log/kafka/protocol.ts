import Connection from 'kafkajs/src/network/connection.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import protocol from 'kafkajs/src/protocol/requests/index.js'
import type { ApiName, Apis } from './apis.ts'

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
} as const satisfies Readonly<Record<ApiName, number>>

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
