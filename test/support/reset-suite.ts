import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectLog } from '../../src/cli/connect-log.ts'
import { canonicalJson } from '../../src/record/canonical-json.ts'
import { runInProcess } from '../cli/in-process.ts'
import { type Running, startWeir, temporaryFolder } from '../cli/weir.ts'
import { eventually } from './eventually.ts'

const rules = (limit: number, emit: string) => `version: 1
options: {emit: ${emit}}
events: {card.authorised: {amount: double}}
tables: {customers: {from: public.customers, fields: {country: string}}}
features: {spend: {agg: sum, event: card.authorised, value: e.amount, window: 30d}}
rules:
- id: much
  event: card.authorised
  when: f.spend > ${limit}.0 && t.customers.country == 'FR'
  then: {outcome: block, score: 80, reason: "{f.spend}"}
- id: twice
  sequence:
    within: 10m
    steps: [{a: card.authorised, where: e.amount > 20.0}, {b: card.authorised, where: e.amount > 20.0}]
  then: {outcome: review, score: 50}
`
const startMs = Date.parse('2026-03-01T10:00:00Z')
const event = (index: number, key = `k-${index % 7}`) =>
  JSON.stringify({
    kind: 'business',
    type: 'card.authorised',
    id: `e-${index}`,
    key,
    time: startMs + index * 20_000 - (index % 10 === 9 ? 400_000 : 0),
    payload: { amount: 10 + (index % 5) * 10 },
  })
const row = (key: string) =>
  JSON.stringify({
    kind: 'data',
    type: 'public.customers',
    id: `row-${key}`,
    key,
    time: startMs,
    payload: { op: 'c', before: null, after: { id: key, country: 'FR' } },
  })
const bad = JSON.stringify({
  kind: 'business',
  type: 'card.authorised',
  id: 'bad',
  key: 'k-1',
  time: startMs,
  payload: { amount: 'much' },
})
const count = 200

/** A decision, as far as it is looked at here. */
interface Made {
  readonly decisionId: string
  readonly supersedes?: string
  readonly event: { readonly id: string; readonly partition: number; readonly offset: number }
}

export interface ResetPlace {
  /** Flags that name the log. */
  readonly log: readonly string[]
  readonly appId: string
  readonly env: Readonly<Record<string, string>>
  /** Fail points at which the application dies while it decides again. */
  readonly crashes: readonly string[]
}

/** A command on a log that it opens itself; the application runs in a process of its own. */
const weir = (
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly input?: string },
) => runInProcess(args, { ...options, connect: connectLog })

/** `weir reset` as its user meets it. */
export function resetSuite(name: string, placeIn: (folder: string) => ResetPlace): void {
  describe(`weir reset on ${name}`, { timeout: 90_000 }, () => {
    const folder = temporaryFolder()
    const ruleFolder = folder.inside('rules')
    let place: ResetPlace
    let running: Running | undefined

    const cli = (...args: string[]) => weir([...args, ...place.log], { env: place.env })
    const app = () => ['--app-id', place.appId, '--rules', ruleFolder]
    const reset = (...args: string[]) => cli('reset', ...app(), ...args)
    const send = async (lines: readonly string[]) => {
      const sent = await weir(['send', ...place.log, '-'], { env: place.env, input: lines.join('\n') })
      expect(sent.err).toBe('')
    }
    const writeRules = (limit: number, emit = 'all') =>
      writeFileSync(folder.inside('rules', 'rules.yaml'), rules(limit, emit))
    const launch = (env: Readonly<Record<string, string>> = {}) => {
      running = startWeir(['run', ...place.log, ...app(), '--unsigned', '--port', '0'], {
        env: { ...place.env, ...env },
      })
      return running
    }
    async function start(): Promise<void> {
      launch()
      await eventually(() => expect(running!.err()).toContain('deciding'))
    }
    /** Runs the application until it has killed itself. */
    async function crash(failPoint: string): Promise<void> {
      const { ended, err } = launch({ WEIR_FAIL_POINT: failPoint, WEIR_BATCH_MAX_RECORDS: '25' })
      await ended
      expect(err()).toContain('fail point')
    }
    async function stop(): Promise<void> {
      running!.child.kill('SIGTERM')
      expect(await running!.ended).toMatchObject({ code: 0 })
    }
    const health = () => /"health":"([^"]+)"/.exec(running!.err())![1]!
    const metric = async (counter: string): Promise<number> => {
      const text = await (await fetch(health().replace('/health/ready', '/metrics'))).text()
      const values = [...text.matchAll(new RegExp(`^weir_${counter}_total\\{[^}]*\\} (\\d+)`, 'gm'))]
      return values.reduce((sum, [, value]) => sum + Number(value), 0)
    }
    /** Values by partition, in order, as main holds them. */
    async function decisions(): Promise<string[]> {
      const file = folder.inside('export.jsonl')
      expect((await cli('export', '--out', file)).code).toBe(0)
      return readFileSync(file, 'utf8')
        .split('\n')
        .flatMap((line) => /"kind":"decision".*"payload":(\{.*\}),"headers"/.exec(line)?.[1] ?? [])
    }
    const records = async (topic: string) =>
      Number(
        JSON.parse(
          (
            await weir(['export', ...place.log.with(-1, topic), '--out', folder.inside('side'), '--json'], {
              env: place.env,
            })
          ).out,
        ).records,
      )
    const made = async (): Promise<Made[]> => (await decisions()).map((value) => JSON.parse(value))
    /** What a back-test of the last export decides. */
    async function backtested(): Promise<string[]> {
      const replayed = folder.inside('replayed.jsonl')
      const input = ['--input', folder.inside('export.jsonl'), '--partitions', '2', '--output', replayed]
      expect((await weir(['backtest', '--rules', ruleFolder, ...input], { env: {} })).code).toBe(0)
      return readFileSync(replayed, 'utf8').trimEnd().split('\n')
    }
    const decided = (total: number) =>
      eventually(async () => expect(await decisions()).toHaveLength(total), { withinMs: 40_000, everyMs: 300 })

    beforeAll(async () => {
      place = placeIn(folder.path)
      mkdirSync(ruleFolder)
      writeRules(100)
      expect((await cli('topics', 'create', ...app(), '--partitions', '2')).code).toBe(0)
      await start()
      const events = Array.from({ length: count }, (_, index) => event(index))
      // State that was not emptied would know the second customer from the beginning.
      await send([row('k-1'), bad, ...events.slice(0, 100), row('k-3'), ...events.slice(100)])
      await decided(count)
    })
    afterAll(async () => {
      running?.child.kill('SIGKILL')
      await running?.ended
      folder.remove()
    })

    it('is refused while the application runs', async () => {
      const { code, err } = await reset('--execute')
      expect(code).not.toBe(0)
      expect(err).toMatch(/stop every instance|log-owned/)
    })

    it('only says what it would do without --execute', async () => {
      await stop()
      // The log knows the rules.
      const { code, out } = await cli('reset', '--app-id', place.appId, '--json')
      expect(code).toBe(0)
      const { executed, partitions } = JSON.parse(out)
      expect(executed).toBe(false)
      expect(partitions).toHaveLength(2)
      const lag = JSON.parse((await cli('lag', '--app-id', place.appId, '--json')).out)
      let compared = 0
      for (const { partition, to, position, compareFrom, records, decisions, decidedTo } of partitions) {
        expect([to, compareFrom]).toEqual([0, 0])
        expect(position).toBe(lag.partitions[partition].committed)
        expect(decidedTo).toBe(position)
        expect(records).toBeLessThanOrEqual(position)
        compared += decisions
      }
      expect(compared).toBe(count)
    })

    it('says the same of a point, and refuses one that has not been processed', async () => {
      const later = JSON.parse((await reset('--json', '--to-time', '2100-01-01')).out).partitions
      for (const { to, compareFrom, decidedTo, decisions } of later) {
        expect([to, compareFrom, decisions]).toEqual([0, decidedTo, 0])
      }
      const earlier = JSON.parse((await reset('--json', '--to-time', '2020-01-01')).out).partitions
      for (const { compareFrom } of earlier) expect(compareFrom).toBeLessThan(3)
      const text = await reset('--to-offset', '1:0', '--redecide')
      expect(text.out).toMatch(
        /^partition 1: from \d+ back to 0, \d+ records to read; from 0 on \d+ decisions to compare/,
      )
      expect(text.out).toContain('written again as r:1:')
      expect(text.out).not.toContain('partition 0')
      for (const wrong of ['0:999999', '0:1,0:2']) {
        expect((await reset('--to-offset', wrong)).code).not.toBe(0)
      }
    })

    it('rebuilds the state, decides the same byte for byte, and writes none twice', async () => {
      const before = await decisions()
      const deadLetters = await records(deadLetterOf(place))
      expect(deadLetters).toBe(1)
      // Each still knows how far the application once was.
      for (const failPoint of ['reset-committed:1', 'reset-deleted:2']) {
        const killed = await startWeir(['reset', ...app(), '--execute', ...place.log], {
          env: { ...place.env, WEIR_FAIL_POINT: failPoint },
        }).ended
        expect(killed.err).toContain('fail point')
        const refused = await launch().ended
        expect(refused.code).not.toBe(0)
        expect(refused.err).toContain('run weir reset --execute again')
      }
      expect(await reset('--execute')).toMatchObject({ code: 0 })
      await start()
      await eventually(async () => expect(await metric('decisions_equal')).toBe(count), {
        withinMs: 40_000,
        everyMs: 200,
      })
      await send([event(count, 'k-1')])
      await decided(count + 1)
      expect(await metric('decisions_differing')).toBe(0)
      await stop()
      const after = await decisions()
      expect(after.filter((value) => before.includes(value))).toEqual(before)
      expect(await records(deadLetterOf(place))).toBe(deadLetters)
      // Decided on the state that was rebuilt, as a back-test decides it.
      const [last] = after.filter((value) => !before.includes(value))
      expect(JSON.parse(last!)).toMatchObject({ event: { id: `e-${count}` }, outcome: 'block' })
      expect(await backtested()).toEqual(after)
    })

    it('shows decisions that differ, or are no longer made, as errors, and leaves those in the log', async () => {
      const before = await decisions()
      writeRules(5, 'flagged')
      expect(await reset('--execute')).toMatchObject({ code: 0 })
      await start()
      await eventually(
        async () => {
          expect((await metric('decisions_differing')) + (await metric('decisions_retracted'))).toBe(count + 1)
        },
        { withinMs: 40_000, everyMs: 200 },
      )
      const flagged = (await backtested()).length
      expect([await metric('decisions_differing'), await metric('decisions_equal')]).toEqual([flagged, 0])
      expect(flagged).toBeGreaterThan(10)
      expect(flagged).toBeLessThan(count - 10)
      expect(running!.err()).toMatch(/"level":"error".*decisions in the log are not what is decided now/)
      const report = (await (await fetch(health())).json()) as { status: string; reasons: string[] }
      expect(report.status).toBe('degraded')
      expect(report.reasons.join()).toContain('otherwise than the log holds them')
      await stop()
      expect(await decisions()).toEqual(before)
    })

    it('writes decisions that differ again from a point on, once whatever crashes', async () => {
      const before = await made()
      const ofFirst = before.filter(({ event }) => event.partition === 0).map(({ event }) => event.offset)
      const point = ofFirst[Math.floor(ofFirst.length / 2)]!
      const [, other] = JSON.parse((await reset('--json')).out).partitions
      writeRules(5)
      const alone = await reset('--to-offset', `0:${point}`)
      expect(alone.err).toContain(`(1:${other.position} compares nothing there)`)
      const points = `0:${point},1:${other.position}`
      expect(await reset('--to-offset', points, '--redecide', '--execute')).toMatchObject({ code: 0 })
      for (const failPoint of place.crashes) await crash(failPoint)
      await start()
      const replayed = new Map((await backtested()).map((line) => [JSON.parse(line).decisionId as string, line]))
      const expected = before
        .filter(({ event }) => event.partition === 0 && event.offset >= point)
        .map(({ decisionId }) => {
          const parts = JSON.parse(replayed.get(decisionId)!)
          return canonicalJson({ ...parts, decisionId: `r:1:${decisionId}`, supersedes: decisionId })
        })
      expect(expected.length).toBeGreaterThan(20)
      await decided(before.length + expected.length)
      await stop()
      expect((await decisions()).filter((value) => value.includes('"supersedes":'))).toEqual(expected)
    })

    it('writes again only what a reset before has not, and then finds nothing that differs', async () => {
      const before = await made()
      const superseded = new Set(before.map(({ supersedes }) => supersedes))
      const left = before.filter(
        ({ decisionId, supersedes }) => supersedes === undefined && !superseded.has(decisionId),
      )
      expect(await reset('--redecide', '--execute')).toMatchObject({ code: 0 })
      await start()
      await decided(before.length + left.length)
      await stop()
      const again = (await made()).filter(({ decisionId }) => decisionId.startsWith('r:2:'))
      expect(again.map(({ supersedes }) => supersedes)).toEqual(left.map(({ decisionId }) => decisionId))
      expect(await reset('--execute')).toMatchObject({ code: 0 })
      await start()
      await eventually(async () => expect(await metric('decisions_equal')).toBe(count + 1), {
        withinMs: 40_000,
        everyMs: 200,
      })
      expect([await metric('decisions_differing'), await metric('decisions_redecided')]).toEqual([0, 0])
      await stop()
    })
  })
}

const deadLetterOf = ({ log }: ResetPlace): string => `${log.at(-1)}-dead-letter`
