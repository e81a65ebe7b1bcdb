import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import kafkajs, { type Kafka } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/broker/free-port.ts'
import { type RunningBroker, startBroker } from '../../scripts/broker/start-broker.ts'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { GroupOptions, Log, PartitionReader } from '../../src/log/log.ts'
import type { LogRecord, TopicPartition } from '../../src/record/record.ts'
import { awaitStable, fresh, outgoing, patience, text } from '../contract/log/fixture.ts'
import { logContract } from '../contract/log.ts'
import { brokers, describeWithBroker, requireBroker } from '../support/broker.ts'
import { apis } from '../support/faults/proxy/apis.ts'
import { KafkaProxy } from '../support/faults/proxy/kafka-proxy.ts'

// A named broker is not ours to restart, and allows no session shorter than Kafka's default.
const mayRestart = brokers !== undefined && !process.env['KAFKA_BROKERS']
const shortSessionMs = mayRestart ? 1000 : 6000

const opened: Log[] = []

async function open(broker = requireBroker()): Promise<Log> {
  const log = await openKafkaLog({ brokers: broker.split(',') })
  opened.push(log)
  return log
}

async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((log) => log.close()))
}

async function partition(log: Log, config: Record<string, string> = {}): Promise<TopicPartition> {
  const topic = fresh('topic')
  await log.createTopic({ topic, partitions: 1, config: { 'retention.ms': '-1', ...config } })
  return { topic, partition: 0 }
}

/** Gets all partitions of its group. */
const soleMember: Pick<GroupOptions, 'assignorName' | 'assignor' | 'userData'> = {
  assignorName: 'all-to-one',
  assignor: (members, partitions) => new Map([[members[0]!.memberId, { partitions }]]),
  userData: () => Buffer.alloc(0),
}

async function readTo(reader: PartitionReader, end: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  while (reader.position < end) records.push(...(await reader.poll(500)).records)
  return records
}

async function readAll(log: Log, at: TopicPartition, maxBytes = 1 << 20): Promise<LogRecord[]> {
  const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed', maxBytes })
  const records = await readTo(reader, await log.endOffset(at, 'read-uncommitted'))
  await reader.close()
  return records
}

describeWithBroker('the Kafka log', () => {
  logContract('kafka', async () => {
    const handles: Log[] = []
    const another = async (): Promise<Log> => {
      const log = await openKafkaLog({ brokers: requireBroker().split(',') })
      handles.push(log)
      return log
    }
    return {
      log: await another(),
      another,
      dispose: async () => {
        await Promise.all(handles.map((log) => log.close()))
      },
    }
  })
})

describeWithBroker('the Kafka log alone', () => {
  afterEach(closeAll)

  it('sets no timer that Node warns about', async () => {
    const warnings: string[] = []
    const note = (warning: Error): void => void warnings.push(warning.name)
    process.on('warning', note)
    const log = await open()
    const at = await partition(log)
    const producer = await log.openTransactionalProducer({ transactionalId: fresh('tx') })
    await producer.send([outgoing(at, 'a')])
    await producer.commit()
    expect((await readAll(log, at)).map(text)).toEqual(['a'])
    await closeAll()
    process.off('warning', note)
    expect(warnings).not.toContain('TimeoutNegativeWarning')
  })

  it('reads the append time of a topic that stamps records itself', async () => {
    const log = await open()
    const at = await partition(log, { 'message.timestamp.type': 'LogAppendTime' })
    const producer = await log.openProducer()
    const beforeMs = Date.now()
    await producer.send([{ ...outgoing(at, 'old'), timestampMs: 1000 }])
    const [record] = await readAll(log, at)
    expect(record!.timestampMs).toBeGreaterThanOrEqual(beforeMs - 1000)
  })

  it('gives out what one fetch brought in parts, the rest of which a seek drops', async () => {
    const log = await open()
    const at = await partition(log)
    const producer = await log.openProducer()
    await producer.send(Array.from({ length: 2_500 }, (_, n) => outgoing(at, String(n))))
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    const parts = []
    for (let n = 0; n < 3; n++) parts.push(await reader.poll(10_000))
    expect(parts.map(({ records, hasMore }) => [records.length, hasMore])).toEqual([
      [1_000, true],
      [1_000, true],
      [500, false],
    ])
    expect(parts.flatMap(({ records }) => records).map(({ offset }) => offset)).toEqual([...Array(2_500).keys()])
    expect(parts.map(({ nextOffset }) => nextOffset)).toEqual([1_000, 2_000, 2_500])
    reader.seek(10)
    await reader.poll(10_000)
    reader.seek(7)
    expect((await reader.poll(10_000)).records[0]!.offset).toBe(7)
  })

  it('leaves out of later polls what its caller knows, and nothing that others wrote between', async () => {
    const log = await open()
    const at = await partition(log)
    const producer = await log.openTransactionalProducer({ transactionalId: fresh('tx') })
    const other = await log.openProducer()
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    await other.send([outgoing(at, 'a')])
    const [from] = await producer.send([outgoing(at, 'own 1'), outgoing(at, 'own 2')])
    await other.send([outgoing(at, 'b')])
    const [last] = await producer.send([outgoing(at, 'own 3')])
    await producer.commit()
    await other.send([outgoing(at, 'c')])
    reader.leaveOut!({ from: from!, to: from! + 2 })
    reader.leaveOut!({ from: last!, to: last! + 1 })
    const seen: string[] = []
    while (seen.at(-1) !== 'c') seen.push(...(await reader.poll(10_000)).records.map(text))
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(reader.position).toBe(last! + 3)
  })

  it('keeps timestamps far apart in one batch', async () => {
    const log = await open()
    const at = await partition(log, { 'message.timestamp.before.max.ms': String(2 ** 53) })
    const times = [1_772_359_200_000, 0, 1_000, 1_772_359_200_001, 86_400_000 * 30]
    const producer = await log.openProducer()
    await producer.send(times.map((timestampMs) => ({ ...outgoing(at, 'x'), timestampMs })))
    expect((await readAll(log, at)).map((record) => record.timestampMs)).toEqual(times)
  })

  it('passes what compaction took away, to the end', async () => {
    const log = await open()
    const at = await partition(log, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
    })
    const producer = await log.openTransactionalProducer({ transactionalId: fresh('tx') })
    const records = Array.from({ length: 50 }, (_, i) => outgoing(at, `${i}`, Buffer.from('same')))
    await producer.send(records)
    await producer.commit()
    await awaitStable(log, at)
    const compacted = async (): Promise<number> => {
      // An append rolls the segment, so that what lies before it can be compacted.
      await producer.send([outgoing(at, 'roll', Buffer.from('roll'))])
      await producer.abort()
      await awaitStable(log, at)
      return (await readAll(log, at)).length
    }
    await expect.poll(compacted, { timeout: 60_000, interval: 200 }).toBe(1)
    const end = await log.endOffset(at, 'read-committed')
    for (const maxBytes of [1, 200, 1 << 20]) {
      expect((await readAll(log, at, maxBytes)).map(text), `maxBytes ${maxBytes}`).toEqual(['49'])
    }
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    await readTo(reader, end)
    expect(reader.position).toBe(end)
  })

  it('commits offsets as the member that holds the partition, and not as anybody else', async () => {
    const log = await open()
    const at = await partition(log)
    const groupId = fresh('group')
    const assigned = Promise.withResolvers<void>()
    const membership = await log.joinGroup({
      groupId,
      topics: [at.topic],
      ...soleMember,
      onAssigned: async () => assigned.resolve(),
      onRevoked: () => log.commitOffsets(groupId, [{ ...at, offset: 8, metadata: 'revoked' }]),
      onLost: async () => undefined,
      onError: assigned.reject,
    })
    await assigned.promise
    await log.commitOffsets(groupId, [{ ...at, offset: 7, metadata: 'mine' }])
    expect(await log.committedOffsets(groupId, [at])).toEqual([{ ...at, offset: 7, metadata: 'mine' }])
    const stranger = await open()
    await expect(stranger.commitOffsets(groupId, [{ ...at, offset: 1, metadata: '' }])).rejects.toMatchObject({
      name: 'TaskMigratedError',
      code: 'assignment-lost',
    })
    await membership.leave()
    expect(await log.committedOffsets(groupId, [at])).toEqual([{ ...at, offset: 8, metadata: 'revoked' }])
  })

  it('runs a new round when a member asks that is not the leader', async () => {
    const log = await open()
    const topic = fresh('topic')
    await log.createTopic({ topic, partitions: 2 })
    const groupId = fresh('group')
    const rounds = [0, 0]
    const join = async (i: 0 | 1, of: Log) =>
      of.joinGroup({
        groupId,
        topics: [topic],
        assignorName: 'one-each',
        assignor: (members, partitions) =>
          new Map(
            members.map(({ memberId }, m) => [
              memberId,
              { partitions: partitions.filter(({ partition }) => partition === m) },
            ]),
          ),
        userData: () => Buffer.alloc(0),
        onAssigned: async () => void rounds.splice(i, 1, rounds[i]! + 1),
        onRevoked: async () => undefined,
        onLost: async () => undefined,
        onError: () => undefined,
      })
    const first = await join(0, log)
    await expect.poll(() => rounds[0], patience).toBe(1)
    const second = await join(1, await open())
    await expect.poll(() => [...rounds], patience).toEqual([2, 1])
    second.rejoin()
    await expect.poll(() => [...rounds], patience).toEqual([3, 2])
    second.rejoin()
    await expect.poll(() => [...rounds], patience).toEqual([4, 3])
    await second.leave()
    await first.leave()
  })

  it('leaves and reports what the assignor throws', async () => {
    const log = await open()
    const at = await partition(log)
    const failed = Promise.withResolvers<Error>()
    await log.joinGroup({
      groupId: fresh('group'),
      topics: [at.topic],
      assignorName: 'broken',
      assignor: () => {
        throw new Error('no idea')
      },
      userData: () => Buffer.alloc(0),
      onAssigned: async () => undefined,
      onRevoked: async () => undefined,
      onLost: async () => undefined,
      onError: failed.resolve,
    })
    expect((await failed.promise).message).toBe('no idea')
  })

  it('refuses to delete beyond the end', async () => {
    const log = await open()
    const at = await partition(log)
    await expect(log.deleteRecordsBefore(at, 5)).rejects.toMatchObject({ code: 'offset-out-of-range', startOffset: 0 })
  })

  it('reports a group whose members use another assignor', async () => {
    const log = await open()
    const at = await partition(log)
    const group = {
      groupId: fresh('group'),
      topics: [at.topic],
      assignor: () => new Map(),
      userData: () => Buffer.alloc(0),
      onRevoked: async () => undefined,
      onLost: async () => undefined,
    }
    const assigned = Promise.withResolvers<void>()
    const first = await log.joinGroup({
      ...group,
      assignorName: 'one',
      onAssigned: async () => assigned.resolve(),
      onError: assigned.reject,
    })
    await assigned.promise
    const failed = Promise.withResolvers<Error>()
    const joined = log.joinGroup({
      ...group,
      assignorName: 'another',
      onAssigned: async () => undefined,
      onError: failed.resolve,
    })
    const error = await Promise.race([failed.promise, joined.then(() => failed.promise)]).catch((cause) => cause)
    expect(String(error)).toContain('INCONSISTENT_GROUP_PROTOCOL')
    await first.leave()
  })

  it('hands the commit to the kernel before the fail point ends the process', async () => {
    const log = await open()
    const at = await partition(log)
    const script = path.join(import.meta.dirname, '../log/kafka/commit-and-die.ts')
    const child = spawn(process.execPath, [script, requireBroker().split(',')[0]!, at.topic, fresh('tx')], {
      env: { ...process.env, WEIR_FAIL_POINT: 'end-transaction-unanswered:1' },
      stdio: 'ignore',
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    await awaitStable(log, at)
    expect((await readAll(log, at)).map(text)).toEqual(['committed'])
  })
})

describeWithBroker('the Kafka log beside stock clients', () => {
  let kafka: Kafka

  beforeAll(() => {
    kafka = new kafkajs.Kafka({
      brokers: requireBroker().split(','),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { initialRetryTime: 5 },
    })
  })
  afterEach(closeAll)

  it('reads what another client compressed with gzip', async () => {
    const log = await open()
    const at = await partition(log)
    const producer = kafka.producer()
    await producer.connect()
    const values = Array.from({ length: 300 }, (_, i) => `value ${i} ${'x'.repeat(i)}`)
    await producer.send({
      topic: at.topic,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: values.map((value, i) => ({ key: i % 3 === 0 ? null : `k${i}`, value, headers: { Kind: 'business' } })),
    })
    await producer.disconnect()
    const records = await readAll(log, at, 1000)
    expect(records.map(text)).toEqual(values)
    expect(records[1]).toMatchObject({ key: Buffer.from('k1'), headers: { kind: Buffer.from('business') } })
    expect(records[0]!.key).toBeNull()
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('reads what the broker compressed with %s', async (codec) => {
    const log = await open()
    const at = await partition(log, { 'compression.type': codec })
    const producer = await log.openProducer()
    const values = Array.from({ length: 2000 }, (_, i) => `${i} ${'z'.repeat(i % 300)} ${i * i} ${i % 7}`)
    const noise = randomBytes(200_000)
    await producer.send([...values.map((value) => outgoing(at, value)), { ...outgoing(at, ''), value: noise }])
    const records = await readAll(log, at)
    expect(records.slice(0, -1).map(text)).toEqual(values)
    expect(records.at(-1)!.value!.equals(noise)).toBe(true)
  })

  it('writes what another client reads', async () => {
    const log = await open()
    const at = await partition(log)
    const producer = await log.openTransactionalProducer({ transactionalId: fresh('tx') })
    await producer.send([{ ...outgoing(at, 'value', Buffer.from('key')), headers: { kind: Buffer.from('business') } }])
    await producer.send([{ ...outgoing(at, ''), key: null, value: null }])
    await producer.commit()
    await awaitStable(log, at)
    const consumer = kafka.consumer({ groupId: fresh('group') })
    const seen: unknown[] = []
    await consumer.connect()
    await consumer.subscribe({ topics: [at.topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message: { offset, key, value, headers } }) => {
        seen.push({ offset, key: key && String(key), value: value && String(value), headers })
      },
    })
    await expect.poll(() => seen.length, patience).toBe(2)
    await consumer.disconnect()
    expect(seen).toEqual([
      { offset: '0', key: 'key', value: 'value', headers: { kind: Buffer.from('business') } },
      { offset: '1', key: null, value: null, headers: {} },
    ])
  })

  it('leaks none of the aborted records that other clients interleave', async () => {
    const log = await open()
    const at = await partition(log)
    const producers = await Promise.all(
      [0, 1, 2].map(async () => {
        const producer = kafka.producer({ transactionalId: fresh('tx'), maxInFlightRequests: 1, idempotent: true })
        await producer.connect()
        return producer
      }),
    )
    const committed = new Set<string>()
    await Promise.all(
      producers.map(async (producer, p) => {
        for (let t = 0; t < 12; t++) {
          const transaction = await producer.transaction()
          const values = [0, 1, 2, 3].map((i) => `${p}.${t}.${i}`)
          for (const value of values) {
            await transaction.send({ topic: at.topic, messages: [{ key: Buffer.alloc(4), value }] })
          }
          if ((t + p) % 2 === 0) {
            await transaction.commit()
            for (const value of values) committed.add(value)
          } else await transaction.abort()
        }
      }),
    )
    await Promise.all(producers.map((producer) => producer.disconnect()))
    await awaitStable(log, at)
    const whole = (await readAll(log, at)).map(text)
    expect(new Set(whole)).toEqual(committed)
    for (const maxBytes of [200, 1000, 10_000]) expect((await readAll(log, at, maxBytes)).map(text)).toEqual(whole)
  })

  it("shows its groups' members to Kafka's tools", async () => {
    const log = await open()
    const at = await partition(log)
    const groupId = fresh('group')
    const assigned = Promise.withResolvers<void>()
    const membership = await log.joinGroup({
      groupId,
      topics: [at.topic],
      ...soleMember,
      userData: () => Buffer.from('said'),
      onAssigned: async () => assigned.resolve(),
      onRevoked: async () => undefined,
      onLost: async () => undefined,
      onError: assigned.reject,
    })
    await assigned.promise
    const admin = kafka.admin()
    await admin.connect()
    const [group] = (await admin.describeGroups([groupId])).groups
    await admin.disconnect()
    await membership.leave()
    expect(group).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'all-to-one' })
    const { AssignerProtocol } = kafkajs
    const [member] = group!.members
    const metadata = AssignerProtocol.MemberMetadata.decode(member!.memberMetadata)
    expect(metadata).toMatchObject({ topics: [at.topic], userData: Buffer.from('said') })
    const assignment = AssignerProtocol.MemberAssignment.decode(member!.memberAssignment)
    expect(assignment!.assignment).toEqual({ [at.topic]: [0] })
  })
})

describeWithBroker('the Kafka log over broken connections', () => {
  let proxy: KafkaProxy

  beforeAll(async () => {
    proxy = await KafkaProxy.start(requireBroker().split(',')[0]!)
  })
  afterEach(async () => {
    proxy.open = true
    await closeAll()
  })
  afterAll(() => proxy.stop())

  it.each([
    ['the request', 'request-lost', []],
    ['the answer', 'answer-lost', ['a', 'b']],
  ] as const)('does not guess the outcome of a commit that lost %s', async (_what, fault, expected) => {
    const log = await open(proxy.address)
    const at = await partition(log)
    const [transactionalId, groupId] = [fresh('tx'), fresh('group')]
    const producer = await log.openTransactionalProducer({ transactionalId })
    await producer.send([outgoing(at, 'a'), outgoing(at, 'b')])
    await producer.sendOffsets(groupId, [{ ...at, offset: 2, metadata: '' }])
    proxy.faults.add({ api: 'EndTxn', kind: fault })
    await expect(producer.commit()).rejects.toMatchObject({ name: 'ProductionError', code: 'commit-outcome-unknown' })
    await expect(producer.send([outgoing(at, 'c')])).rejects.toMatchObject({ code: 'commit-outcome-unknown' })
    await producer.close()
    // The successor ends whatever was open; what it finds is all or nothing, offsets included.
    const successor = await log.openTransactionalProducer({ transactionalId })
    await awaitStable(log, at)
    expect((await readAll(log, at)).map(text)).toEqual(expected)
    expect((await log.committedOffsets(groupId, [at])).length).toBe(expected.length === 0 ? 0 : 1)
    await successor.close()
  })

  it('reads on after its connection broke, without a gap or a repetition', async () => {
    const log = await open(proxy.address)
    const at = await partition(log)
    const producer = await log.openProducer()
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    const seen: string[] = []
    for (let i = 0; i < 6; i++) {
      await producer.send([outgoing(at, `${i}`)])
      const polled = reader.poll(20_000)
      if (i % 2 === 0) proxy.cut()
      seen.push(...(await polled).records.map(text))
    }
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('appends once though the connection broke', async () => {
    const log = await open(proxy.address)
    const at = await partition(log)
    const producer = await log.openProducer()
    for (let i = 0; i < 10; i++) {
      const sent = producer.send([outgoing(at, `${i}`)])
      if (i % 3 === 0) setImmediate(() => proxy.cut())
      expect(await sent).toEqual([i])
    }
    expect((await readAll(log, at)).map(text)).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`))
  })

  it('loses its partitions when the group cannot be reached for a session, and joins again', async () => {
    const log = await open(proxy.address)
    const at = await partition(log)
    const events: string[] = []
    const membership = await log.joinGroup({
      groupId: fresh('group'),
      topics: [at.topic],
      ...soleMember,
      onAssigned: async (partitions) => void events.push(`assigned ${partitions.length}`),
      onRevoked: async () => void events.push('revoked'),
      onLost: async () => void events.push('lost'),
      onError: (error) => events.push(error.message),
      sessionTimeoutMs: shortSessionMs,
    })
    await expect.poll(() => events, patience).toEqual(['assigned 1'])
    proxy.open = false
    proxy.cut()
    await expect.poll(() => events, patience).toEqual(['assigned 1', 'lost'])
    proxy.open = true
    await expect.poll(() => events, { timeout: 60_000 }).toEqual(['assigned 1', 'lost', 'assigned 1'])
    await membership.leave()
    expect(events.at(-1)).toBe('revoked')
  })

  it('stays a member while it takes longer than a session to let go', async () => {
    const log = await open(proxy.address)
    const at = await partition(log)
    const events: string[] = []
    const beats = (): number => proxy.passed.get(apis.Heartbeat.key) ?? 0
    const membership = await log.joinGroup({
      groupId: fresh('group'),
      topics: [at.topic],
      ...soleMember,
      onAssigned: async () => void events.push('assigned'),
      onRevoked: async () => {
        const before = beats()
        // A session has at least three heartbeats.
        await expect.poll(() => beats() - before, { timeout: 60_000 }).toBeGreaterThan(5 * (shortSessionMs / 1000))
        events.push('revoked')
      },
      onLost: async () => void events.push('lost'),
      onError: (error) => events.push(error.message),
      sessionTimeoutMs: shortSessionMs,
    })
    await expect.poll(() => events, patience).toEqual(['assigned'])
    const { memberId } = membership
    membership.rejoin()
    await expect.poll(() => events, { timeout: 60_000 }).toEqual(['assigned', 'revoked', 'assigned'])
    expect(membership.memberId).toBe(memberId)
    await membership.leave()
  })

  it('says that Kafka is unavailable when nobody answers', async () => {
    const port = await freePort()
    const opening = openKafkaLog({ brokers: [`127.0.0.1:${port}`], unavailableMs: 200 })
    await expect(opening).rejects.toMatchObject({ name: 'LogError', code: 'log-unavailable' })
  })
})

describe.skipIf(!mayRestart)('the Kafka log while its broker restarts', () => {
  afterEach(closeAll)

  it('reads and writes on, in order and once each', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'weir-restart-'))
    const port = await freePort()
    // A broker that was killed may register again once its last session ended.
    const properties = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }
    const options = { dataDir, port, properties, shared: false }
    const broker = await startBroker(options)
    const log = await open(broker.brokers)
    const at = await partition(log)
    const producer = await log.openProducer()
    const values = Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(100)}`)
    await producer.send(values.map((value) => outgoing(at, value)))
    const reader = await log.openReader({ ...at, offset: 0, isolation: 'read-committed', maxBytes: 2000 })
    const seen = await readTo(reader, 50)
    await broker.kill()

    const sending = producer.send([outgoing(at, 'after')])
    const reading = readTo(reader, 201)
    const again = await startBroker(options)
    expect(await sending).toEqual([200])
    seen.push(...(await reading))
    expect(seen.map(text)).toEqual([...values, 'after'])
    await closeAll()
    await again.stop()
    await rm(dataDir, { recursive: true })
  })
})

describe.skipIf(!mayRestart)('the Kafka log with access control', () => {
  const users = 'username="weir" password="secret" user_weir="secret" user_guest="guest" user_root="root"'
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required ${users};`
  const as = (username: string, password = username) => ({ sasl: { mechanism: 'plain', username, password } })
  let broker: RunningBroker
  let port: number

  beforeAll(async () => {
    port = await freePort()
    broker = await startBroker({
      listeners: { LOGIN: port },
      shared: false,
      properties: {
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.login.plain.sasl.jaas.config': jaas,
        // kafkajs takes a login as expired ten seconds before it is.
        'connections.max.reauth.ms': '12000',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:weir;User:ANONYMOUS',
      },
    })
  })
  afterEach(closeAll)
  afterAll(() => broker.stop())

  const openAs = async (username: string, password?: string): Promise<Log> => {
    const log = await openKafkaLog({ brokers: [`127.0.0.1:${port}`], ...as(username, password), unavailableMs: 10_000 })
    opened.push(log)
    return log
  }

  it('refuses wrong credentials with what to mend', async () => {
    await expect(openAs('weir', 'wrong')).rejects.toMatchObject({ name: 'LogError', code: 'not-authorized' })
  })

  it('goes on when a login expires, and names what a client may not use', async () => {
    const log = await openAs('weir', 'secret')
    const at = await partition(log)
    const producer = await log.openProducer()
    for (let i = 0; i < 5; i++) {
      await producer.send([outgoing(at, `${i}`)])
      await log.openReader({ ...at, offset: i + 1, isolation: 'read-committed' }).then((reader) => reader.poll(800))
    }
    expect((await readAll(log, at)).map(text)).toEqual(['0', '1', '2', '3', '4'])

    const guest = await openAs('guest')
    const refused = (resource: string) => ({
      name: 'LogError',
      code: 'not-authorized',
      message: expect.stringContaining(resource),
    })
    const reader = await guest.openReader({ ...at, offset: 0, isolation: 'read-committed' })
    await expect(reader.poll(100)).rejects.toMatchObject(refused(at.topic))
    await expect(guest.createTopic({ topic: fresh('topic'), partitions: 1 })).rejects.toMatchObject({
      code: 'not-authorized',
    })
    await expect(guest.committedOffsets('some-group', [at])).rejects.toMatchObject(refused('some-group'))
    await expect(guest.openTransactionalProducer({ transactionalId: 'some-tx' })).rejects.toMatchObject(
      refused('some-tx'),
    )
  })
})
