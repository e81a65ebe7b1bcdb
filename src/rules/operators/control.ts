import { tickType } from '../../record/head.ts'
import { jsonSerde } from '../../record/serdes.ts'
import { controlSequenceOf } from '../../record/signature.ts'
import type { KeyValueStore, KeyValueStoreDef } from '../../state/stores.ts'
import { defineOperator, type OperatorDef, type ProcessorContext, type StreamRecord } from '../../topology/operator.ts'
import { nodeNames } from './admit.ts'
import { readListChange } from './control-list.ts'
import type { Incoming, Rejected } from './incoming.ts'
import { type ControlLists, type ControlListsDef, openControlLists } from './lists.ts'

export interface ControlOptions {
  /** Absent when the rule set has no list that control records change. */
  readonly lists?: ControlListsDef | undefined
}

/** The last control record that a key signed in this partition. */
interface LastControl {
  readonly sequence: number
  readonly offset: number
}

/** By key id. */
const sequences: KeyValueStoreDef<LastControl> = {
  kind: 'key-value',
  name: 'control-sequences',
  serde: jsonSerde<LastControl>(),
}

/**
 * Does what control records say, in log order; they are not de-duplicated. Whether they are to be believed, ingress has
 * asked; here an old one that somebody sent again is found by its sequence number. Ticks have done their work by moving
 * stream time, and may come again: they cannot turn it back.
 */
export const controlRecords = ({ lists }: ControlOptions): OperatorDef<Incoming, Rejected> =>
  defineOperator({
    name: nodeNames.control,
    stores: lists === undefined ? [] : [sequences, lists.store],
    create(ctx) {
      const control =
        lists === undefined ? new Control(ctx) : new Control(ctx, { names: lists.names, ...openStores(ctx, lists) })
      return (record) => control.process(record)
    },
  })

interface OpenLists {
  readonly names: ReadonlySet<string>
  readonly lists: ControlLists
  readonly sequences: KeyValueStore<LastControl>
}

const openStores = (ctx: ProcessorContext<Rejected>, lists: ControlListsDef): Omit<OpenLists, 'names'> => ({
  lists: openControlLists(ctx.store(lists.store), lists),
  sequences: ctx.store(sequences),
})

class Control {
  readonly #ctx: ProcessorContext<Rejected>
  readonly #open: OpenLists | undefined

  constructor(ctx: ProcessorContext<Rejected>, open?: OpenLists) {
    this.#ctx = ctx
    this.#open = open
  }

  process(record: StreamRecord<Incoming>): void {
    const { ingested } = record.value
    if (ingested.verdict !== 'accepted') return
    const { head, payload } = ingested
    const stale = head.type === tickType ? undefined : this.#judgeSequence(record)
    if (stale !== undefined) return stale === 'seen' ? undefined : this.#reject(record, 'forged', stale)
    const object = payload.read()
    if (!object.ok) return this.#reject(record, object.reason, object.detail)
    if (head.type === tickType) return this.#ctx.count('control.tick')
    if (head.type !== 'list')
      return this.#reject(record, 'invalid-control', 'the engine knows no control record of this type')
    const read = readListChange(object.value)
    if (!read.ok) return this.#reject(record, 'invalid-control', read.detail)
    const { change } = read
    // Others on the same topic may have lists of their own.
    if (this.#open === undefined || !this.#open.names.has(change.list)) return this.#ctx.count('control.list.ignored')
    const times = { timeMs: head.timeMs, streamTimeMs: this.#ctx.streamTimeMs() }
    if (this.#open.lists.apply(change, times)) return this.#ctx.count(`control.list.${change.op}`)
    this.#reject(record, 'invalid-control', 'the list would hold too many items; remove some first')
  }

  /**
   * `seen` for a record that was processed before a crash; a text when its key signed a later one for this partition
   * already. Records without a number come where signatures are not asked for.
   */
  #judgeSequence({ value: { log }, offset }: StreamRecord<Incoming>): string | undefined {
    const signed = controlSequenceOf(log)
    if (this.#open === undefined || signed === undefined) return undefined
    const last = this.#open.sequences.get(signed.keyId)
    if (last !== undefined && offset <= last.offset) return 'seen'
    if (last !== undefined && signed.sequence <= last.sequence) {
      return `its sequence number is ${signed.sequence}, and this key has signed ${last.sequence} already: an old record was sent again`
    }
    this.#open.sequences.put(signed.keyId, { sequence: signed.sequence, offset })
    return undefined
  }

  #reject(record: StreamRecord<Incoming>, reason: Rejected['reason'], detail: string): void {
    this.#ctx.count(`dead-lettered.${reason}`)
    this.#ctx.forward({ ...record, value: { log: record.value.log, reason, detail } })
  }
}
