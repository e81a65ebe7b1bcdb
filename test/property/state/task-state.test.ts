import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change, StateDb, StateEngine } from '../../../src/state/engine.ts'
import { stateEngine } from '../../../src/state/engines/index.ts'
import { memoryEngine } from '../../../src/state/engines/memory.ts'
import { systemColumn } from '../../../src/state/system.ts'
import { columnsOf, type Drained, TaskState } from '../../../src/state/task-state.ts'
import { allStores, amounts, names, seen } from '../../state/state-fixture.ts'
import { StateModel } from './state-model.ts'
import { type Meanwhile, parameters, type StateOp, stateOps, windowOps } from './state-ops.ts'

const streamTimeKey = Buffer.from('stream-time')

/** A task's state and its model, kept in step. */
class Rig {
  readonly #engine: StateEngine
  readonly #folder: string
  readonly model = new StateModel()
  #db!: StateDb
  #state!: TaskState
  #nowMs = 0
  #drained: { readonly drained: Drained; readonly streamTimeMs: number } | undefined
  #changes: readonly Change[] | undefined

  readonly #cacheBytes: number

  constructor(engine: StateEngine, folder: string, cacheBytes: number) {
    this.#engine = engine
    this.#folder = folder
    this.#cacheBytes = cacheBytes
  }

  async open(): Promise<void> {
    this.#db = await this.#engine.open(this.#folder, columnsOf(allStores))
    this.#nowMs = Number(this.#db.getSync(systemColumn, streamTimeKey)?.toString() ?? 0)
    this.#drained = undefined
    this.#changes = undefined
    this.#state = TaskState.open({
      db: this.#db,
      stores: allStores,
      streamTimeMs: () => this.#nowMs,
      cacheBytes: this.#cacheBytes,
    })
  }

  async destroy(): Promise<void> {
    await this.#db.close()
    await this.#engine.destroy(this.#folder)
  }

  async run(op: StateOp): Promise<void> {
    const { model } = this
    const state = this.#state
    const ask = state.prefetcher()
    switch (op.kind) {
      case 'name':
        return expect(state.store(names).get(op.key)?.name).toBe(model.current.names.get(op.key))
      case 'seen':
        return expect(state.store(seen).get(op.key)).toEqual(model.getSeen(op.key))
      case 'fetch':
        return this.#fetch(op.key, op.fromMs, op.fromMs + op.lengthMs, op.backward)
      case 'put-name':
        if (op.value === undefined) state.store(names).delete(op.key)
        else state.store(names).put(op.key, { name: op.value })
        return model.putName(op.key, op.value)
      case 'put-seen':
        state.store(seen).put(op.key, op.value, op.timeMs)
        return model.putSeen(op.key, op.value, op.timeMs)
      case 'put-amount':
        state.store(amounts).put(op.key, op)
        return model.putAmount(op.key, op.timeMs, op.offset, op.value)
      case 'ask-name':
        return ask.get(names, op.key)
      case 'ask-seen':
        return ask.get(seen, op.key)
      case 'ask-amounts':
        return this.#ask(op.key, op.span.fromMs, op.span.fromMs + op.span.lengthMs, op.meanwhile)
      case 'prefetch':
        return state.prefetch()
      case 'advance':
        this.#nowMs += op.byMs
        return model.change({ nowMs: this.#nowMs })
      case 'drain':
        return this.#drain()
      case 'write':
        return this.#write(op.sweep)
      case 'discard':
        state.discard()
        model.discard()
        this.#nowMs = model.current.nowMs
        this.#drained = undefined
        this.#changes = undefined
        return
      case 'reopen':
        await this.#db.close()
        await this.open()
        model.discard()
        expect(this.#nowMs).toBe(model.current.nowMs)
    }
  }

  #fetch(key: string, fromMs: number, toMs: number, backward: boolean): void {
    const store = this.#state.store(amounts)
    const fetch = () => [...(backward ? store.backwardFetch(key, fromMs, toMs) : store.fetch(key, fromMs, toMs))]
    const expected = this.model.fetch(key, fromMs, toMs)
    if (expected === undefined) expect(fetch).toThrow(expect.objectContaining({ code: 'store-not-prefetched' }))
    else expect(fetch()).toEqual(backward ? expected.reverse() : expected)
  }

  /** With `meanwhile` a write ends between the wish and its fulfilment, that began before the wish or after it. */
  async #ask(key: string, fromMs: number, toMs: number, meanwhile: Meanwhile): Promise<void> {
    if (meanwhile === 'end-write') this.#begin()
    this.#state.prefetcher().fetch(amounts, key, fromMs, toMs)
    this.model.ask(key, fromMs, toMs)
    const loaded = this.#state.prefetch()
    if (meanwhile !== 'nothing') await this.#write(false)
    await loaded
    const asked = this.model.askedOf(key)
    if (asked === undefined) return
    for (const backward of [true, false]) this.#fetch(key, asked.fromMs, asked.toMs, backward)
  }

  #drain(): void {
    if (this.#drained !== undefined || !this.model.dirty) return
    this.#drained = { drained: this.#state.drain(), streamTimeMs: this.#nowMs }
    this.model.drain()
  }

  /** What is written of what was drained. */
  #begin(): readonly Change[] {
    if (this.#drained === undefined) return []
    const { drained, streamTimeMs } = this.#drained
    this.#changes ??= drained.changes(streamTimeMs)
    return this.#changes
  }

  async #write(sweep: boolean): Promise<void> {
    if (this.#drained === undefined) return
    const { streamTimeMs } = this.#drained
    const swept = sweep ? await this.#state.sweep(streamTimeMs) : []
    const changes = this.#begin()
    await this.#db.write([
      ...swept,
      ...changes,
      { column: systemColumn, key: streamTimeKey, value: Buffer.from(String(streamTimeMs)) },
    ])
    this.#state.applied()
    this.#drained = undefined
    this.#changes = undefined
    this.model.applied()
  }
}

/** Off, always full, full now and then, and never full. */
const cacheSizes = fc.constantFrom(0, 600, 2_500, 10 ** 9)

async function runAll(ops: readonly StateOp[], rig: Rig): Promise<void> {
  await rig.open()
  try {
    for (const op of ops) await rig.run(op)
  } finally {
    await rig.destroy()
  }
}

describe.each(['memory', 'level', 'rocksdb'] as const)('state on %s', (name) => {
  let root: string
  let count = 0

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), `weir-state-${name}-`))
  })

  afterAll(() => rm(root, { recursive: true, force: true }))

  test('answers as a model that never removes anything, with sweeps, failed commits and restarts in between', async () => {
    await fc.assert(
      fc.asyncProperty(stateOps, cacheSizes, (ops, cacheBytes) => {
        const folder = join(root, String(count++))
        return runAll(ops, new Rig(stateEngine(name), folder, cacheBytes))
      }),
      {
        ...parameters(),
        // A span that was past its retention when asked for does not stretch what was loaded.
        examples: [
          [
            [
              { kind: 'advance', byMs: 11 },
              { kind: 'ask-amounts', key: 'a', span: { fromMs: 2, lengthMs: 0 }, meanwhile: 'nothing' },
              { kind: 'ask-amounts', key: 'a', span: { fromMs: 0, lengthMs: 0 }, meanwhile: 'nothing' },
              { kind: 'fetch', key: 'a', fromMs: 0, lengthMs: 1, backward: false },
            ],
            0,
          ],
        ],
      },
    )
  })
})

test('a window store answers as the model while keys that were asked for come to the database', async () => {
  await fc.assert(
    fc.asyncProperty(windowOps, cacheSizes, (ops, cacheBytes) =>
      runAll(ops, new Rig(memoryEngine(), 'windows', cacheBytes)),
    ),
    parameters(1_000),
  )
})
