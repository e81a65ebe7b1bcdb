import { everyFault, strike } from '../support/faults/proxy/every-fault.ts'
import { faultKinds } from '../support/faults/proxy/fault-plan.ts'
import { KafkaProxy } from '../support/faults/proxy/kafka-proxy.ts'
import { type CampaignOptions, withCampaign } from './campaign.ts'
import type { Row } from './row.ts'

export interface ProxyOptions extends CampaignOptions {
  /** Of each kind of fault on each request. */
  readonly times: number
  readonly perSecond: number
}

const withinMs = 400_000

/** Every kind of fault on every request that a task or member makes, between the instances and the broker. */
export async function proxyCampaign(options: ProxyOptions): Promise<Row> {
  const proxy = await KafkaProxy.start(options.brokers)
  try {
    return await withCampaign({ ...options, through: proxy.address }, async (campaign) => {
      await campaign.start()
      const over = new AbortController()
      const feeding = campaign.feed.run(options.events, options.perSecond, over.signal)
      feeding.catch(() => undefined)
      const faults = everyFault(options.times, options.seed)
      let told = 0
      await strike({
        proxy,
        faults,
        withinMs,
        async keepBusy() {
          for (const instance of campaign.instances) instance.throwIfEnded()
          if (proxy.faults.strikes < told + 50) return
          told = proxy.faults.strikes
          campaign.say(`${told} faults struck, ${campaign.feed.sent} events sent`)
        },
      })
      over.abort()
      await feeding
      const verdict = await campaign.finish()
      if (proxy.problems.length > 0) throw new Error(proxy.problems[0])
      const fewest = Math.min(...proxy.faults.struck.values())
      const of = (kind: string): number =>
        [...proxy.faults.struck].filter(([name]) => name.endsWith(` ${kind}`)).reduce((sum, [, n]) => sum + n, 0)
      return {
        ...verdict,
        campaign: 'proxy',
        fault: 'delayed, lost, late, refused and falsely refused requests',
        how: `a proxy that decodes Kafka's protocol; ${proxy.faults.struck.size} pairs of request and fault`,
        fired: proxy.faults.strikes,
        recoveryMs: [],
        figures: { 'fewest of a pair': fewest, ...Object.fromEntries(faultKinds.map((kind) => [kind, of(kind)])) },
      }
    })
  } finally {
    await proxy.stop()
  }
}
