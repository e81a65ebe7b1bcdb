import { headerNames } from '../../record/ingress.ts'
import type { PackedFields } from '../../record/packed/packed-fields.ts'
import { headerBlock, LastHeaderBlock, RecordPacker } from '../../record/packed/record-packer.ts'
import type { Headers } from '../../record/record.ts'
import type { Coded } from '../../record/signature.ts'
import type { SinkDef } from '../../topology/topology.ts'
import type { Authenticity } from '../authenticity.ts'
import { writeDecision } from '../decision.ts'
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

const whatDecisionsAre = headerBlock({
  [headerNames.kind]: Buffer.from('decision'),
  [headerNames.type]: Buffer.from('risk.decision'),
})

/** Writes decisions back to main, on the same partition and key as the event decided. */
export function decisionSink({ main, authenticity, stamp }: DecisionSinkOptions): SinkDef<Decision> {
  const packer = new RecordPacker()
  const seals = new LastHeaderBlock()
  const stamps = new LastHeaderBlock()
  return {
    name: nodeNames.decisions,
    topic: main,
    loopback: true,
    toRecord({ key, partition, headers: { traceparent }, value: { timeMs, parts } }) {
      packer.begin()
      packer.text(key)
      packer.written((out) => writeDecision(parts, out))
      const place = { topic: main, partition, isOutput: true }
      const seal = seals.of(authenticity.seal(new Unsealed(parts.decisionId, packer.end(place))))
      const stamped = stamps.of(stamp())
      const traces = traceparent === undefined ? 0 : 1
      packer.headerCount(whatDecisionsAre.count + 2 + traces + seal.count + stamped.count)
      packer.headers(whatDecisionsAre)
      packer.text(headerNames.id)
      packer.text(parts.decisionId)
      packer.text(headerNames.time)
      packer.written((out) => out.integer(timeMs))
      if (traceparent !== undefined) packer.headers(headerBlock({ traceparent }))
      packer.headers(seal)
      packer.headers(stamped)
      return packer.end(place)
    },
  }
}

/** A decision as far as its code covers it; what needs none does not read it. */
class Unsealed implements Coded {
  readonly id: string
  readonly #fields: PackedFields

  constructor(id: string, fields: PackedFields) {
    this.id = id
    this.#fields = fields
  }

  get key(): Buffer | null {
    return this.#fields.key
  }

  get value(): Buffer | null {
    return this.#fields.value
  }
}

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
