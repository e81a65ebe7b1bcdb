import { tickType } from '../../record/head.ts'
import type { JsonObject } from '../../record/payload.ts'
import { jsonSerde } from '../../record/serdes.ts'
import { controlSequenceOf } from '../../record/signature.ts'
import type { KeyValueStore, KeyValueStoreDef } from '../../state/stores.ts'
import { activateIn, type Deployment, deploymentStore, deploymentsIn, prepareIn } from '../../topology/deployment.ts'
import { defineOperator, type OperatorDef, type ProcessorContext, type StreamRecord } from '../../topology/operator.ts'
import { deploymentId, type Prepare, readRuleSetChange, ruleSetType } from '../deploy/rule-set-record.ts'
import { nodeNames } from './admit.ts'
import { readListChange } from './control-list.ts'
import type { Incoming, Rejected } from './incoming.ts'
import { type ControlLists, type ControlListsDef, openControlLists } from './lists.ts'

export interface ControlOptions {
  /** Absent when the rule set has no list that control records change. */
  readonly lists?: ControlListsDef | undefined
  /** Why a rule set cannot be deployed; `undefined` when it can. */
  readonly objectionTo: (prepare: Prepare) => string | undefined
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
 * stream time, and may come again: they cannot turn it back. Of rule sets it takes note; the task is who changes to them.
 */
export const controlRecords = (options: ControlOptions): OperatorDef<Incoming, Rejected> =>
  defineOperator({
    name: nodeNames.control,
    stores: [sequences, deploymentStore, ...(options.lists === undefined ? [] : [options.lists.store])],
    create(ctx) {
      const control = new Control(ctx, options)
      return (record) => control.process(record)
    },
  })

/** Why a record goes to the dead-letter topic as `invalid-control`; nothing when it was carried out. */
type Objection = string | undefined

class Control {
  readonly #ctx: ProcessorContext<Rejected>
  readonly #options: ControlOptions
  readonly #sequences: KeyValueStore<LastControl>
  readonly #deployments: KeyValueStore<Deployment>
  readonly #lists: ControlLists | undefined

  constructor(ctx: ProcessorContext<Rejected>, options: ControlOptions) {
    const { lists } = options
    this.#ctx = ctx
    this.#options = options
    this.#sequences = ctx.store(sequences)
    this.#deployments = ctx.store(deploymentStore)
    this.#lists = lists === undefined ? undefined : openControlLists(ctx.store(lists.store), lists)
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
    const objection = this.#apply(head, object.value, record.offset)
    if (objection !== undefined) this.#reject(record, 'invalid-control', objection)
  }

  #apply(
    { type, timeMs }: { readonly type: string; readonly timeMs: number },
    value: JsonObject,
    offset: number,
  ): Objection {
    if (type === 'list') return this.#changeList(value, timeMs)
    if (type === ruleSetType) return this.#changeRuleSet(value, offset)
    return 'the engine knows no control record of this type'
  }

  #changeList(value: JsonObject, timeMs: number): Objection {
    const read = readListChange(value)
    if (!read.ok) return read.detail
    const { change } = read
    // Others on the same topic may have lists of their own.
    const isOurs = this.#lists !== undefined && this.#options.lists!.names.has(change.list)
    const times = { timeMs, streamTimeMs: this.#ctx.streamTimeMs() }
    if (isOurs && !this.#lists.apply(change, times)) return 'the list would hold too many items; remove some first'
    this.#ctx.count(isOurs ? `control.list.${change.op}` : 'control.list.ignored')
    return undefined
  }

  #changeRuleSet(value: JsonObject, offset: number): Objection {
    const read = readRuleSetChange(value)
    if (!read.ok) return read.detail
    const { change } = read
    const { prepared } = deploymentsIn(this.#deployments)
    if (change.op === 'activate') {
      if (prepared?.hash !== change.hash) return `the rule set ${change.hash} is not prepared`
      activateIn(this.#deployments, prepared, offset)
    } else if (prepared?.hash !== change.hash) {
      const objection = this.#options.objectionTo(change)
      if (objection !== undefined) return objection
      const { hash, ruleSet: content } = change
      prepareIn(this.#deployments, { id: deploymentId(change), hash, content, offset })
    }
    this.#ctx.count(`control.rule-set.${change.op}`)
    return undefined
  }

  /**
   * `seen` for a record that was processed before a crash; a text when its key signed a later one for this partition
   * already. Records without a number come where signatures are not asked for.
   */
  #judgeSequence({ value: { log }, offset }: StreamRecord<Incoming>): string | undefined {
    const signed = controlSequenceOf(log)
    if (signed === undefined) return undefined
    const last = this.#sequences.get(signed.keyId)
    if (last !== undefined && offset <= last.offset) return 'seen'
    if (last !== undefined && signed.sequence <= last.sequence) {
      return `its sequence number is ${signed.sequence}, and this key has signed ${last.sequence} already: an old record was sent again`
    }
    this.#sequences.put(signed.keyId, { sequence: signed.sequence, offset })
    return undefined
  }

  #reject(record: StreamRecord<Incoming>, reason: Rejected['reason'], detail: string): void {
    this.#ctx.count(`dead-lettered.${reason}`)
    this.#ctx.forward({ ...record, value: { log: record.value.log, reason, detail } })
  }
}
