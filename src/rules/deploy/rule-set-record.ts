import type { KeyObject } from 'node:crypto'
import { eventHeaders } from '../../record/ingress.ts'
import type { JsonObject } from '../../record/payload.ts'
import type { OutgoingRecord } from '../../record/record.ts'
import { signControl } from '../../record/signature.ts'

/** Type of the control records that deploy rule sets. */
export const ruleSetType = 'rule-set'

export interface Prepare {
  readonly op: 'prepare'
  /** Tells deployments apart, also of the same rule set. */
  readonly deployment: string
  readonly hash: string
  /** `packRuleSet`. */
  readonly ruleSet: string
}

export interface Activate {
  readonly op: 'activate'
  readonly hash: string
}

export type RuleSetChange = Prepare | Activate

export type RuleSetChangeResult =
  | { readonly ok: true; readonly change: RuleSetChange }
  | { readonly ok: false; readonly detail: string }

const members = { prepare: ['op', 'deployment', 'hash', 'ruleSet'], activate: ['op', 'hash'] }
const hashPattern = /^sha256:[0-9a-f]{64}$/
/** It becomes a part of topic and folder names. */
const deploymentPattern = /^[a-z0-9]{1,32}$/

const refused = (detail: string): RuleSetChangeResult => ({ ok: false, detail })

/** Reads the value of a control record of type `rule-set`; whether the rule set in it loads is another question. */
export function readRuleSetChange(payload: JsonObject): RuleSetChangeResult {
  const { op, deployment, hash, ruleSet } = payload
  if (op !== 'prepare' && op !== 'activate') return refused('op must be prepare or activate')
  const unknown = Object.keys(payload).find((name) => !members[op].includes(name))
  if (unknown !== undefined) return refused(`${op} has no member ${JSON.stringify(unknown.slice(0, 40))}`)
  if (typeof hash !== 'string' || !hashPattern.test(hash))
    return refused('hash must be sha256: and 64 hexadecimal digits')
  if (op === 'activate') return { ok: true, change: { op, hash } }
  if (typeof deployment !== 'string' || !deploymentPattern.test(deployment))
    return refused('deployment must be 1 to 32 small letters and digits')
  if (typeof ruleSet !== 'string') return refused('ruleSet must be the compressed rule set in base64')
  return { ok: true, change: { op, deployment, hash, ruleSet } }
}

/** The name of the state that a deployment computes: no two rule sets ever share one. */
export const deploymentId = ({ deployment, hash }: Prepare): string => `${deployment}-${hash.slice(7, 15)}`

export interface RuleSetRecordsOptions {
  readonly topic: string
  readonly partitions: number
  /** `unsigned`: the application believes control records without a signature. */
  readonly signer: KeyObject | 'unsigned'
  /** Above those of all control records that the key has signed for these partitions. */
  readonly sequence: number
  /** The record's time. */
  readonly nowMs: number
}

/** The control record that says `change`, for every partition, signed for each. */
export function ruleSetRecords(change: RuleSetChange, options: RuleSetRecordsOptions): OutgoingRecord[] {
  const { topic, partitions, signer, sequence, nowMs } = options
  const value = Buffer.from(JSON.stringify(change))
  const id = `rule-set:${change.op}:${sequence}`
  const headers = eventHeaders({ kind: 'control', type: ruleSetType, id, timeMs: nowMs })
  return Array.from({ length: partitions }, (_, partition) => {
    const record = { topic, partition, key: null, value, headers }
    return signer === 'unsigned'
      ? record
      : { ...record, headers: signControl({ ...record, privateKey: signer, sequence }) }
  })
}
