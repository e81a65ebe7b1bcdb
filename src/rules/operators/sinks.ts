import { headerNames } from '../../record/ingress.ts'
import type { Headers } from '../../record/record.ts'
import type { SinkDef } from '../../topology/topology.ts'
import type { Authenticity } from '../authenticity.ts'
import { nodeNames } from './admit.ts'
import type { Decision } from './decide.ts'
import type { Late, Rejected } from './incoming.ts'

export const deadLetterTopic = (main: string): string => `${main}-dead-letter`
export const lateTopic = (main: string): string => `${main}-late`

export interface DecisionSinkOptions {
  readonly main: string
  readonly authenticity: Authenticity
  /** Facts of the moment and the machine, which never enter a decision's value. */
  readonly stamp: () => Headers
}

const whatDecisionsAre: Headers = {
  [headerNames.kind]: Buffer.from('decision'),
  [headerNames.type]: Buffer.from('risk.decision'),
}

/** Writes decisions back to main, on the same partition and key as the event decided. */
export const decisionSink = ({ main, authenticity, stamp }: DecisionSinkOptions): SinkDef<Decision> => ({
  name: nodeNames.decisions,
  topic: main,
  loopback: true,
  toRecord({ key, partition, headers, value: { decisionId, timeMs, json } }) {
    const record = { key: Buffer.from(key), id: decisionId, value: Buffer.from(json) }
    const { traceparent } = headers
    return {
      partition,
      key: record.key,
      value: record.value,
      headers: {
        ...whatDecisionsAre,
        [headerNames.id]: Buffer.from(decisionId),
        [headerNames.time]: Buffer.from(String(timeMs)),
        ...(traceparent === undefined ? {} : { traceparent }),
        ...authenticity.seal(record),
        ...stamp(),
      },
    }
  },
})

/** Keeps a record that does not fit: its bytes and headers as they were, with the reason and its coordinates beside. */
export const deadLetterSink = (main: string): SinkDef<Rejected> => ({
  name: nodeNames.deadLetter,
  topic: deadLetterTopic(main),
  toRecord: ({ value: { log, reason, detail } }) => ({
    partition: log.partition,
    key: log.key,
    value: log.value,
    headers: {
      ...log.headers,
      ...textHeaders({ 'dead-letter-reason': reason, 'dead-letter-detail': detail }),
      ...origin(log),
    },
  }),
})

/** Keeps a late event as it was, with its coordinates and how late it was. */
export const lateSink = (main: string): SinkDef<Late> => ({
  name: nodeNames.late,
  topic: lateTopic(main),
  toRecord: ({ value: { log, lagMs } }) => ({
    partition: log.partition,
    key: log.key,
    value: log.value,
    headers: { ...log.headers, ...textHeaders({ 'late-by-ms': String(lagMs) }), ...origin(log) },
  }),
})

const origin = (log: Rejected['log']): Headers =>
  textHeaders({
    'origin-topic': log.topic,
    'origin-partition': String(log.partition),
    'origin-offset': String(log.offset),
    'origin-timestamp': String(log.timestampMs),
  })

const textHeaders = (texts: Readonly<Record<string, string>>): Headers =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]))
