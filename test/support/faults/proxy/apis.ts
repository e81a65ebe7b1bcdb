/** Kafka's requests that the proxy knows by name: their numbers, and the version in which the client speaks them. */
export const apis = {
  Produce: { key: 0, version: 7 },
  Fetch: { key: 1, version: 11 },
  OffsetFetch: { key: 9, version: 4 },
  JoinGroup: { key: 11, version: 5 },
  Heartbeat: { key: 12, version: 3 },
  SyncGroup: { key: 14, version: 3 },
  InitProducerId: { key: 22, version: 1 },
  AddPartitionsToTxn: { key: 24, version: 1 },
  AddOffsetsToTxn: { key: 25, version: 1 },
  EndTxn: { key: 26, version: 1 },
  TxnOffsetCommit: { key: 28, version: 1 },
} as const

export type FaultyApi = keyof typeof apis

export const faultyApis = Object.keys(apis) as FaultyApi[]

const names = new Map<number, FaultyApi>(faultyApis.map((api) => [apis[api].key, api]))

/** The name of the request with this number; `undefined` for those that only pass. */
export const apiOf = (key: number): FaultyApi | undefined => names.get(key)
