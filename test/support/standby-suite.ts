import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../src/log/log.ts'
import type { WeirApp } from '../../src/runtime/app.ts'
import { noMetrics } from '../../src/runtime/metrics.ts'
import { countingApp, sendEvents } from './counting-app.ts'
import { eventually } from './eventually.ts'
import { expectCounted } from './expect-counted.ts'

const partitions = 4
const keys = Array.from({ length: 4_000 }, (_, n) => `k${n}`)
/** Sent while an instance ends. */
const lastKeys = keys.slice(0, 200)

/** An instance that notes how many changelog records each of its tasks replays when it opens. */
interface Instance {
  readonly app: WeirApp
  /** By task, of its last opening; a task that had nothing to replay is not in it. */
  readonly replayed: Map<string, number>
  /** By task of a standby: how many looks in a row found that nothing was missing. */
  readonly warmLooks: Map<string, number>
}

/** Standbys, on any log that instances of this process share. `open` gives an empty log with an empty main. */
export function standbySuite(name: string, open: (partitions: number) => Promise<Log>): void {
  describe(`standbys on ${name}`, () => {
    let dir: string
    let log: Log
    let instances: Instance[]

    beforeEach(async () => {
      dir = await mkdtemp(join(tmpdir(), 'weir-standby-'))
      log = await open(partitions)
      instances = []
    })
    afterEach(async () => {
      for (const { app } of instances) await app.stop()
      await log.close()
      await rm(dir, { recursive: true, force: true })
    })

    const start = async (place: string, standbyReplicas: number): Promise<Instance> => {
      const [replayed, warmLooks] = [new Map<string, number>(), new Map<string, number>()]
      const app = countingApp(log, join(dir, place), {
        standbyReplicas,
        metrics: {
          ...noMetrics,
          set(gauge, value, labels) {
            const task = labels!.task!
            if (gauge === 'task.restore.total') replayed.set(task, value)
            if (gauge === 'standby.lag') warmLooks.set(task, value === 0 ? (warmLooks.get(task) ?? 0) + 1 : 0)
          },
        },
      })
      await app.start()
      const instance = { app, replayed, warmLooks }
      instances.push(instance)
      return instance
    }
    const tasksOf = ({ app }: Instance) =>
      app
        .health()
        .tasks.filter(({ state }) => state === 'RUNNING')
        .map(({ taskId }) => taskId)
        .sort()
    /** Waits until one instance's standbys, and no others, have all that the other one's tasks have committed by now. */
    const follows = async (standbys: Instance, tasks: Instance) => {
      standbys.warmLooks.clear()
      await eventually(() => {
        // The first look may have begun before.
        const warm = [...standbys.warmLooks].filter(([, looks]) => looks >= 2).map(([task]) => task)
        expect(warm.sort()).toEqual(tasksOf(tasks))
      })
    }
    const allTasks = Array.from({ length: partitions }, (_, n) => `0_${n}`)
    const evenly = (...of: readonly Instance[]) =>
      eventually(() => {
        expect(of.map((instance) => tasksOf(instance).length)).toEqual(of.map(() => partitions / of.length))
        expect(of.flatMap(tasksOf).sort()).toEqual(allTasks)
      })
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, each) => all + each, 0)

    /** Ends one of two instances under load; what the other one replays of its tasks. */
    const takeOver = async (standbyReplicas: number): Promise<number> => {
      const [first, second] = [await start('first', standbyReplicas), await start('second', standbyReplicas)]
      await evenly(first, second)
      await sendEvents(log, keys)
      await expectCounted(log, keys.length)
      if (standbyReplicas > 0) {
        await follows(second, first)
        await follows(first, second)
      }
      const before = new Set(tasksOf(second))
      const sending = sendEvents(log, lastKeys)
      await first.app.stop()
      await sending
      await evenly(second)
      await expectCounted(log, keys.length + lastKeys.length)
      return sum([...second.replayed].filter(([task]) => !before.has(task)).map(([, records]) => records))
    }

    it('are promoted when an owner ends: little is replayed, and every event is counted once', async () => {
      const withStandby = await takeOver(1)
      expect(withStandby).toBeLessThan(keys.length / 4)
    })

    it('make the difference: without them the whole changelog is replayed', async () => {
      expect(await takeOver(0)).toBeGreaterThan(keys.length / 2)
    })

    it('are what a new instance begins with: it gets its tasks when they are warm', async () => {
      const first = await start('first', 0)
      await sendEvents(log, keys)
      await expectCounted(log, keys.length)
      const second = await start('second', 0)
      await evenly(first, second)
      expect(sum(second.replayed.values())).toBeLessThan(keys.length / 4)
      await sendEvents(log, keys)
      await expectCounted(log, 2 * keys.length)
      expect([first, second].map(({ app }) => app.health().standbys)).toEqual([[], []])
    })

    it('are what an owner becomes that gives a task away', async () => {
      const first = await start('first', 1)
      await sendEvents(log, keys)
      await expectCounted(log, keys.length)
      const second = await start('second', 1)
      await evenly(first, second)
      await follows(first, second)
      await follows(second, first)
    })

    it('begin anew when the changelog no longer has what they need next', async () => {
      const [first, second] = [await start('first', 1), await start('second', 1)]
      await evenly(first, second)
      await sendEvents(log, keys)
      await expectCounted(log, keys.length)
      await follows(second, first)
      await second.app.stop()
      await evenly(first)
      await sendEvents(log, keys)
      await expectCounted(log, 2 * keys.length)
      for (let partition = 0; partition < partitions; partition++) {
        const changelog = { topic: 'counter-counts-changelog', partition }
        const end = await log.endOffset(changelog, 'read-uncommitted')
        await log.deleteRecordsBefore(changelog, end - 10)
      }
      const rebuilt: string[] = []
      const third = countingApp(log, join(dir, 'second'), {
        standbyReplicas: 1,
        metrics: {
          ...noMetrics,
          add: (counter, _, labels) => void (counter === 'state.rebuilt' && rebuilt.push(labels!.code!)),
        },
      })
      instances.push({ app: third, replayed: new Map(), warmLooks: new Map() })
      await third.start()
      await eventually(() =>
        expect(third.health().standbys!.filter(({ lag }) => lag === 0)).toHaveLength(partitions / 2),
      )
      expect(new Set(rebuilt)).toEqual(new Set(['changelog-truncated']))
    })
  })
}
