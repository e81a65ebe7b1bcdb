import { field } from './frames.ts'
import { type ProxiedRequest, partitionsOf } from './proxied-request.ts'

const { int16, int32, int64, string, array } = field
const notThrottled = int32(0)
const none = int32(0)

/** The answer by which a broker refuses a request with an error code, as a frame. */
export function errorAnswer(request: ProxiedRequest, errorCode: number): Buffer {
  const body = Buffer.concat([int32(request.correlationId), ...bodyOf(request, int16(errorCode))])
  return Buffer.concat([int32(body.length), body])
}

function bodyOf(request: ProxiedRequest, code: Buffer): Buffer[] {
  const eachPartition = (write: (partition: number) => readonly Buffer[]): Buffer =>
    array(partitionsOf(request), ({ topic, partitions }) =>
      Buffer.concat([string(topic), array(partitions, (partition) => Buffer.concat(write(partition)))]),
    )
  switch (request.api) {
    case 'Produce':
      return [eachPartition((partition) => [int32(partition), code, int64(-1), int64(-1), int64(-1)]), notThrottled]
    case 'Fetch': {
      const unknownEnds = [int64(-1), int64(-1), int64(-1)]
      const of = (partition: number) => [int32(partition), code, ...unknownEnds, none, int32(-1), none]
      return [notThrottled, int16(0), int32(0), eachPartition(of)]
    }
    case 'AddPartitionsToTxn':
    case 'TxnOffsetCommit':
      return [notThrottled, eachPartition((partition) => [int32(partition), code])]
    case 'AddOffsetsToTxn':
    case 'EndTxn':
    case 'Heartbeat':
      return [notThrottled, code]
    case 'InitProducerId':
      return [notThrottled, code, int64(-1), int16(-1)]
    case 'OffsetFetch':
      return [notThrottled, none, code]
    case 'JoinGroup':
      return [notThrottled, code, int32(-1), string(''), string(''), string(''), none]
    case 'SyncGroup':
      return [notThrottled, code, none]
    case undefined:
      throw new Error(`the proxy cannot refuse requests of kind ${request.key}`)
  }
}
