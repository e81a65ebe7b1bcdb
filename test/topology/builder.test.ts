import { describe, expect, it } from 'vitest'
import { TopologyBuilder } from '../../src/topology/builder.ts'
import { describeTopology, mermaidOf } from '../../src/topology/describe.ts'
import { defineOperator } from '../../src/topology/operator.ts'
import type { SinkDef, SourceDef } from '../../src/topology/topology.ts'

const source = (name: string, topic = name): SourceDef => ({
  name,
  topic,
  ingest: () => ({ streamTimeMs: undefined, record: undefined }),
})

const operator = (name: string, ...stores: { kind: 'key-value'; name: string; serde: never }[]) =>
  defineOperator({ name, stores, create: () => () => {} })

const sink = (name: string, topic: string, loopback?: boolean): SinkDef => ({
  name,
  topic,
  ...(loopback === undefined ? {} : { loopback }),
  toRecord: () => ({ partition: 0, key: null, value: null, headers: {} }),
})

const store = (name: string) => ({ kind: 'key-value' as const, name, serde: undefined as never })

describe('TopologyBuilder', () => {
  it('describes nodes with their parents, children, stores and topics', () => {
    const topology = new TopologyBuilder()
      .source(source('in', 'main'))
      .processor(operator('count', store('counts')), 'in')
      .sink(sink('out', 'main', true), 'count')
      .build()
    expect(describeTopology(topology)).toBe(
      [
        'Topologies:',
        '  Sub-topology: 0',
        '    Source: in (topic: main)',
        '      --> count',
        '    Processor: count (stores: [counts])',
        '      --> out',
        '      <-- in',
        '    Sink: out (topic: main, loopback)',
        '      <-- count',
        '',
      ].join('\n'),
    )
    expect(mermaidOf(topology)).toContain('n0_0 --> n0_1')
    expect(mermaidOf(topology)).toContain('n0_1 -.- s0_0')
  })

  it('puts parts that share no record and no store into sub-topologies of their own', () => {
    const topology = new TopologyBuilder()
      .source(source('a'))
      .source(source('b'))
      .source(source('c'))
      .processor(operator('pa', store('own')), 'a')
      .processor(operator('pb'), 'b')
      .processor(operator('pc'), 'c', 'pb')
      .build()
    expect(topology.subTopologies.map(({ nodes }) => nodes.map(({ name }) => name))).toEqual([
      ['a', 'pa'],
      ['b', 'c', 'pb', 'pc'],
    ])
  })

  it('joins parts that share a store', () => {
    const shared = store('shared')
    const topology = new TopologyBuilder()
      .source(source('a'))
      .source(source('b'))
      .processor(operator('pa', shared), 'a')
      .processor(operator('pb', shared), 'b')
      .build()
    expect(topology.subTopologies).toHaveLength(1)
    expect(topology.subTopologies[0]?.stores).toEqual([shared])
  })

  it('refuses a sink to a topic it reads, unless that is declared', () => {
    const draft = () => new TopologyBuilder().source(source('in', 'main')).processor(operator('p'), 'in')
    expect(() => draft().sink(sink('out', 'main'), 'p').build()).toThrow(
      expect.objectContaining({ code: 'loopback-undeclared' }),
    )
    expect(() =>
      draft()
        .sink(sink('out', 'elsewhere', true), 'p')
        .build(),
    ).toThrow(/nothing reads "elsewhere"/)
  })

  it.each([
    ['a name that is taken', () => new TopologyBuilder().source(source('a')).processor(operator('a'), 'a')],
    ['an unknown parent', () => new TopologyBuilder().source(source('a')).processor(operator('p'), 'b')],
    ['a processor without a parent', () => new TopologyBuilder().source(source('a')).processor(operator('p'))],
    [
      'a child of a sink',
      () => new TopologyBuilder().source(source('a')).sink(sink('s', 't'), 'a').processor(operator('p'), 's'),
    ],
    ['a topology that reads nothing', () => new TopologyBuilder().build()],
    ['a source that nothing follows', () => new TopologyBuilder().source(source('a')).build()],
    [
      'two sources of one topic',
      () =>
        new TopologyBuilder()
          .source(source('a', 't'))
          .source(source('b', 't'))
          .processor(operator('p'), 'a', 'b')
          .build(),
    ],
    [
      'two stores of one name',
      () =>
        new TopologyBuilder()
          .source(source('a'))
          .processor(operator('p', store('s')), 'a')
          .processor(operator('q', store('s')), 'a')
          .build(),
    ],
  ])('refuses %s', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'topology-invalid' }))
  })
})
