import { apiOf, apis, type FaultyApi } from './apis.ts'
import { FieldReader } from './frames.ts'

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

/** A request as it passes the proxy. */
export interface ProxiedRequest {
  readonly frame: Buffer
  readonly key: number
  readonly correlationId: number
  /** `undefined` for requests that the proxy only lets pass. */
  readonly api: FaultyApi | undefined
}

const headerBytes = 12

/** @throws Error when a known request comes in another version than the proxy can answer */
export function readRequest(frame: Buffer): ProxiedRequest {
  const key = frame.readInt16BE(4)
  const version = frame.readInt16BE(6)
  const api = apiOf(key)
  if (api !== undefined && version !== apis[api].version) {
    throw new Error(`the client speaks ${api} in version ${version}: teach it to test/support/faults/proxy/apis.ts`)
  }
  return { frame, key, correlationId: frame.readInt32BE(8), api }
}

/** The partitions that a request is about, for requests that are answered partition by partition. */
export function partitionsOf({ frame, api }: ProxiedRequest): TopicPartitions[] {
  const body = new FieldReader(frame, headerBytes)
  body.string() // the client's id
  switch (api) {
    case 'Produce':
      body.string()
      return topics(body.skip(2 + 4), () => body.skipBytes())
    case 'Fetch':
      return topics(body.skip(4 + 4 + 4 + 4 + 1 + 4 + 4), () => body.skip(4 + 8 + 8 + 4))
    case 'AddPartitionsToTxn':
      body.string()
      return topics(body.skip(8 + 2), () => body)
    case 'TxnOffsetCommit':
      body.string()
      body.string()
      return topics(body.skip(8 + 2), () => body.skip(8).string())
    default:
      return []
  }
}

function topics(body: FieldReader, skipRest: () => unknown): TopicPartitions[] {
  return body.array(() => ({
    topic: body.string(),
    partitions: body.array(() => {
      const partition = body.int32()
      skipRest()
      return partition
    }),
  }))
}
