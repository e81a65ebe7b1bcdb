import { deserialize, serialize } from 'node:v8'
import type { MessagePort } from 'node:worker_threads'
import {
  ConfigError,
  LogError,
  ProductionError,
  StateStoreError,
  TaskCorruptedError,
  TaskMigratedError,
  WeirError,
} from '../../errors.ts'

/** A thread asks the log (`on` 0) or something that it opened there. */
export interface Call {
  readonly call: number
  readonly on: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** `handle`: what was opened, for later calls. */
export type Answer =
  | { readonly answer: number; readonly value: unknown; readonly handle?: number }
  | { readonly answer: number; readonly failure: Failure }

/** The log asks one of the thread's members. */
export interface Question {
  readonly question: number
  readonly member: number
  readonly event: 'onAssigned' | 'onRevoked' | 'onLost' | 'onError'
  readonly args: readonly unknown[]
}

/** With what the member says to the next round. */
export interface Response {
  readonly response: number
  readonly member: number
  readonly userData: Buffer
  readonly failure?: Failure
}

/** The member says something new and asks for a round. */
export interface Rejoin {
  readonly rejoin: number
  readonly userData: Buffer
}

export type Message = Call | Answer | Question | Response | Rejoin

export interface Failure {
  readonly name: string
  readonly code: string
  readonly message: string
  readonly startOffset: number | undefined
}

/** In this form buffers stay buffers. */
export const post = (port: MessagePort, message: Message): void => port.postMessage(serialize(message))

export const listen = (port: MessagePort, take: (message: Message) => void): void =>
  void port.on('message', (bytes: Uint8Array) => take(deserialize(bytes)))

export function describeFailure(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const code = error instanceof WeirError ? error.code : ''
  return { name, code, message, startOffset: error instanceof LogError ? error.startOffset : undefined }
}

const classes = { ConfigError, ProductionError, StateStoreError, TaskCorruptedError, TaskMigratedError } as const

/** The error that `describeFailure` described, of the same class: the runtime goes by it. */
export function errorOf({ name, code, message, startOffset }: Failure): Error {
  if (name === 'LogError') return new LogError(code as never, message, startOffset === undefined ? {} : { startOffset })
  const known = classes[name as keyof typeof classes]
  return known === undefined ? Object.assign(new Error(message), { name }) : new known(code as never, message)
}
