import { setTimeout as pause } from 'node:timers/promises'
import { Random } from '../../../../src/replay/simulator/random.ts'
import { type FaultyApi, faultyApis } from './apis.ts'
import { type Fault, type FaultKind, faultKinds, nameOfFault } from './fault-plan.ts'
import type { KafkaProxy } from './kafka-proxy.ts'

/** Errors that brokers answer with, by request: for requests that they did not carry out, and for those that they may have. */
const refusals: Readonly<Record<FaultyApi, readonly number[]>> = {
  Produce: [6, 19, 47, 45, -1],
  Fetch: [6, 9, 78, 56, -1],
  OffsetFetch: [14, 15, 16, 7, -1],
  JoinGroup: [-1, 14, 16, 25, 27],
  Heartbeat: [27, 25, 22, 16, 15],
  SyncGroup: [-1, 27, 22, 25, 16],
  InitProducerId: [14, 15, 16, 51, -1],
  AddPartitionsToTxn: [51, 16, 14, 48, 47],
  AddOffsetsToTxn: [51, 16, 14, 48, 47],
  EndTxn: [51, 16, 14, 48, 47],
  TxnOffsetCommit: [14, 15, 16, 47, -1],
}
const doubtful: Readonly<Record<FaultyApi, readonly number[]>> = {
  Produce: [20, 7, 56, 13, -1],
  Fetch: [6, 9, 78, 56, -1],
  OffsetFetch: [14, 15, 16, 7, -1],
  JoinGroup: [14, 15, 16, 25, 27],
  Heartbeat: [27, 25, 22, 16, 15],
  SyncGroup: [27, 22, 25, 16, 15],
  InitProducerId: [14, 15, 16, 7, -1],
  AddPartitionsToTxn: [7, 15, 16, 48, -1],
  AddOffsetsToTxn: [7, 15, 16, 48, -1],
  EndTxn: [7, 15, 16, 47, -1],
  TxnOffsetCommit: [7, 15, 16, 47, -1],
}

function errorCodeOf(api: FaultyApi, kind: FaultKind, round: number): { readonly errorCode?: number } {
  if (kind !== 'refused' && kind !== 'done-but-refused') return {}
  const codes = (kind === 'refused' ? refusals : doubtful)[api]
  return { errorCode: codes[round % codes.length]! }
}

/** Longer than a transaction may stay open (10 s). */
const longDelayMs = 11_000

/** Every kind of fault on every request, each so often, in an order that the seed decides. */
export function everyFault(times: number, seed: number): Fault[] {
  const random = new Random(seed, 'faults')
  const faults = faultyApis.flatMap((api) =>
    faultKinds.flatMap((kind) =>
      Array.from({ length: times }, (_, round) => ({
        order: random.uint32(),
        fault: {
          api,
          kind,
          ...errorCodeOf(api, kind, round),
          // With several of a kind one comes late enough to meet what has followed: other transactions, or their timeout.
          delayMs: times > 1 && round === 0 ? longDelayMs : 50 + (random.uint32() % 400),
          // Requests that come often are let pass now and then, so that faults meet a system at work.
          after: ['JoinGroup', 'SyncGroup', 'InitProducerId', 'OffsetFetch'].includes(api) ? 0 : random.uint32() % 4,
        },
      })),
    ),
  )
  return faults.sort((a, b) => a.order - b.order).map(({ fault }) => fault)
}

export interface StrikeOptions {
  readonly proxy: KafkaProxy
  readonly faults: readonly Fault[]
  readonly withinMs: number
  /** Keeps work coming; called again and again while faults wait. */
  keepBusy(): Promise<void>
}

const pauseMs = 50

/**
 * Resolves when every fault has struck. Requests that a quiet client does not make are brought about by a fault that
 * makes it join again or open its tasks again; these are counted with the others.
 * @throws Error that names the faults that did not strike in time
 */
export async function strike({ proxy, faults, withinMs, keepBusy }: StrikeOptions): Promise<void> {
  const plan = proxy.faults
  for (const fault of faults) plan.add(fault)
  const waits = (...apis: FaultyApi[]): boolean => apis.some((api) => plan.waiting(api) > 0)
  const untilMs = performance.now() + withinMs
  while (!isDone(proxy, faults)) {
    if (performance.now() > untilMs) throw new Error(`not struck: ${missing(proxy, faults).join(', ')}`)
    if (waits('JoinGroup', 'SyncGroup') && !waits('Heartbeat'))
      plan.add({ api: 'Heartbeat', kind: 'refused', errorCode: 27 })
    if (waits('InitProducerId', 'OffsetFetch') && !waits('EndTxn'))
      plan.add({ api: 'EndTxn', kind: 'refused', errorCode: -1 })
    await keepBusy()
    await pause(pauseMs)
  }
}

function missing({ faults: plan }: KafkaProxy, faults: readonly Fault[]): string[] {
  const wanted = Map.groupBy(faults, nameOfFault)
  return [...wanted].filter(([name, all]) => (plan.struck.get(name) ?? 0) < all.length).map(([name]) => name)
}

const isDone = (proxy: KafkaProxy, faults: readonly Fault[]): boolean => missing(proxy, faults).length === 0
