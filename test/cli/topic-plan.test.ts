import { describe, expect, it } from 'vitest'
import { differences, type PlannedTopic, planTopics } from '../../src/cli/topic-plan.ts'
import type { StoreDef } from '../../src/state/stores.ts'

const serde = { serialize: () => Buffer.alloc(0), deserialize: () => undefined as never }
const stores: StoreDef<never>[] = [
  { kind: 'key-value', name: 'rows', serde },
  { kind: 'window', name: 'events', serde, retentionMs: 1 },
  { kind: 'timestamped', name: 'ids', serde, retentionMs: 1 },
]
const plan = (overrides = {}): PlannedTopic[] =>
  planTopics({
    appId: 'app',
    mainTopic: 'main',
    partitions: 3,
    retentionMs: -1,
    maxMessageBytes: 1_000_000,
    subTopologies: [{ id: 0, sources: [], stores }],
    ...overrides,
  })
const planned = (topic: string): PlannedTopic => plan().find((each) => each.topic === topic)!

describe('planTopics', () => {
  it('gives every topic the partitions of main', () => {
    expect(plan().map(({ topic, partitions }) => `${topic} ${partitions}`)).toEqual([
      'main 3',
      'main-dead-letter 3',
      'main-late 3',
      'app-deployments 3',
      'app-system-changelog 3',
      'app-rows-changelog 3',
      'app-events-changelog 3',
      'app-ids-changelog 3',
    ])
  })

  it('names what lies between two sub-topologies, and the changelogs of the second', () => {
    const internal = {
      name: 'in',
      topic: 'app-x-repartition',
      internal: { partitions: 3 },
      ingest: () => undefined as never,
    }
    const both = plan({
      subTopologies: [
        { id: 0, sources: [], stores: [] },
        { id: 1, sources: [internal], stores: [stores[1]] },
      ],
    })
    expect(both.slice(3).map(({ topic }) => topic)).toEqual([
      'app-deployments',
      'app-system-changelog',
      'app-x-repartition',
      'app-system-1-changelog',
      'app-events-changelog',
    ])
    expect(both.at(5)!.config).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '-1' })
  })

  it('keeps main for ever unless told otherwise', () => {
    expect(planned('main').config).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '-1' })
    expect(plan({ retentionMs: 1_000 })[0]!.config).toMatchObject({ 'retention.ms': '1000' })
  })

  it('compacts plain values, and lets nobody but the engine trim what has a time', () => {
    expect(planned('app-rows-changelog').config).toMatchObject({ 'cleanup.policy': 'compact' })
    for (const store of ['events', 'ids']) {
      expect(planned(`app-${store}-changelog`).config).toEqual({
        'cleanup.policy': 'delete',
        'retention.ms': '-1',
        'retention.bytes': '-1',
      })
    }
  })

  it('lets a dead letter be larger than the record it keeps', () => {
    const bytes = (topic: string) => Number(planned(topic).config['max.message.bytes'])
    expect(bytes('main-dead-letter')).toBeGreaterThan(bytes('main'))
  })
})

describe('differences', () => {
  const found = (topic: PlannedTopic, overrides = {}) => ({
    topic: topic.topic,
    partitions: topic.partitions,
    replicationFactor: 1,
    config: topic.config,
    ...overrides,
  })

  it('finds none in a topic made as planned', () => {
    for (const topic of plan()) expect(differences(topic, found(topic))).toEqual({ problems: [], warnings: [] })
  })

  it('takes another number of partitions or another policy for a problem', () => {
    const main = planned('main')
    expect(differences(main, found(main, { partitions: 5 })).problems[0]).toContain('has 5 partitions, not 3')
    const compacted = { ...main.config, 'cleanup.policy': 'compact' }
    expect(differences(main, found(main, { config: compacted })).problems[0]).toContain('set it to delete')
  })

  it('warns when main forgets', () => {
    const main = planned('main')
    const forgetful = { ...main.config, 'retention.ms': '604800000' }
    expect(differences(main, found(main, { config: forgetful })).warnings[0]).toContain('retention.ms=604800000')
    expect(differences(main, found(main, { config: {} })).warnings[0]).toContain('the broker’s default')
  })
})
