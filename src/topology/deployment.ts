import { jsonSerde } from '../record/serdes.ts'
import type { KeyValueStore, KeyValueStoreDef } from '../state/stores.ts'

/** A definition (a rule set) that control records put into the log, in one partition. */
export interface Deployment {
  /** Names the state that the definition computes: another one for each deployment, also of the same definition. */
  readonly id: string
  readonly hash: string
  /** The definition itself, in the form in which its maker reads it. */
  readonly content: string
  /** Of the record that prepared it or, once it is active, of the one that activated it. */
  readonly offset: number
}

/** What the log has deployed up to a record: operators write it, the task that runs them acts on it. */
export const deploymentStore: KeyValueStoreDef<Deployment> = {
  kind: 'key-value',
  name: 'deployments',
  serde: jsonSerde<Deployment>(),
}

export interface Deployments {
  /** What is to be made ready, until another one is prepared or this one is activated. */
  readonly prepared: Deployment | undefined
  /** What decides from the record behind its offset on; `undefined` before the first. */
  readonly active: Deployment | undefined
}

export const noDeployments: Deployments = { prepared: undefined, active: undefined }

const keys = { prepared: 'prepared', active: 'active' } as const

export const deploymentsIn = (store: KeyValueStore<Deployment>): Deployments => ({
  prepared: store.get(keys.prepared),
  active: store.get(keys.active),
})

export const prepareIn = (store: KeyValueStore<Deployment>, deployment: Deployment): void =>
  store.put(keys.prepared, deployment)

/** Makes what is prepared active from the record at this offset on. */
export function activateIn(store: KeyValueStore<Deployment>, prepared: Deployment, offset: number): void {
  store.put(keys.active, { ...prepared, offset })
  store.delete(keys.prepared)
}
