import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openKafkaLog } from '../../src/log/kafka/kafka-log.ts'
import type { Log } from '../../src/log/log.ts'
import { loadRuleSet } from '../../src/rules/loader.ts'
import type { RuleSet } from '../../src/rules/rule-set.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { describeWithBroker, requireBroker } from '../support/broker.ts'
import { eventually } from '../support/eventually.ts'
import { everyFault, strike } from '../support/faults/proxy/every-fault.ts'
import { nameOfFault } from '../support/faults/proxy/fault-plan.ts'
import { KafkaProxy } from '../support/faults/proxy/kafka-proxy.ts'
import { sendLines } from '../support/log-lines.ts'
import { scenario, scenarioPartitions, scenarioRules } from '../support/scenario/events.ts'
import { decided, scenarioApp } from '../support/scenario/suite.ts'

const seed = 20_261_122

describeWithBroker('an instance whose requests meet every fault', () => {
  const { lines } = scenario({ simulated: 8_000, repeats: 1 })
  const id = randomUUID().slice(0, 8)
  const mainTopic = `main-${id}`
  let proxy: KafkaProxy
  let direct: Log
  let proxied: Log
  let app: WeirApp
  let ruleSet: RuleSet
  let stateDir: string
  let sent = 0

  const send = async (count: number): Promise<void> => {
    expect(app.health()).not.toHaveProperty('error')
    await sendLines(direct, mainTopic, lines.slice(sent, sent + count))
    sent += count
  }

  beforeAll(async () => {
    direct = await openKafkaLog({ brokers: [requireBroker()] })
    proxy = await KafkaProxy.start(requireBroker())
    proxied = await openKafkaLog({ brokers: [proxy.address] })
    ruleSet = await loadRuleSet(scenarioRules)
    stateDir = await mkdtemp(join(tmpdir(), 'weir-proxy-'))
    await direct.createTopic({ topic: mainTopic, partitions: scenarioPartitions, config: { 'retention.ms': '-1' } })
    const at = { log: proxied, mainTopic, applicationId: `proxy-${id}`, dispose: async () => {} }
    app = await scenarioApp(at, ruleSet, {
      stateDir,
      limits: { maxRecords: 20, maxBytes: 64 * 1024, maxWaitMs: 50 },
      sessionTimeoutMs: process.env['KAFKA_BROKERS'] ? 6_000 : 1_500,
    })
    await app.start()
  })
  afterAll(async () => {
    await app.stop()
    await proxied.close()
    await proxy.stop()
    await direct.close()
    await rm(stateDir, { recursive: true, force: true })
  })

  it('decides everything once, in order, as if there had been none', async () => {
    const faults = everyFault(1, seed)
    await strike({ proxy, faults, withinMs: 120_000, keepBusy: () => send(20) })
    for (const fault of faults)
      expect(proxy.faults.struck.get(nameOfFault(fault)), nameOfFault(fault)).toBeGreaterThan(0)
    expect(proxy.problems).toEqual([])
    await decided({ log: direct, mainTopic }, ruleSet)
    // The last faults may have made it join once more.
    await eventually(() => expect(app.state).toBe('RUNNING'), { withinMs: 60_000 })
  })
})
