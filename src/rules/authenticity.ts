import { applicationHeader } from '../record/headers.ts'
import { type Head, isResult, tickType } from '../record/ingress.ts'
import type { Headers, LogRecord } from '../record/record.ts'
import {
  type Bound,
  type Coded,
  macHeader,
  macOf,
  type PublicKeys,
  verifyControl,
  verifyMac,
} from '../record/signature.ts'

/**
 * Who may write what on main. Anybody who writes events could otherwise write rules: a control record counts only when a
 * known key signed it, a decision, tick or global feature's result only with this application's own code.
 */
export interface Authenticity {
  /** Why a decision or control record is not to be believed; `undefined` when it is. Absent when all are believed. */
  readonly objection?: (record: LogRecord, head: Head) => string | undefined
  /** The headers that make a record of ours believable. */
  seal(record: Coded): Headers
  /** True for a record that another application on the same topic says it wrote. Absent when nobody's are told apart. */
  readonly isOthers?: (record: LogRecord) => boolean
}

export interface SigningKeys {
  /** Of those who may write control records. */
  readonly publicKeys: PublicKeys
  /** Shared by all instances of the application. */
  readonly macSecret: Buffer
}

export function signedBy(applicationId: string, { publicKeys, macSecret }: SigningKeys): Authenticity {
  const app = Buffer.from(applicationId)
  const isOthers = othersThan(app)
  const noCode = `the record does not carry the code of the application "${applicationId}"`
  return {
    isOthers,
    objection(record, head) {
      if (head.kind === 'control' && head.type === tickType && record.headers[macHeader] !== undefined) {
        return verifyMac(macSecret, record, head.id, boundOf(head, record)) ? undefined : noCode
      }
      if (head.kind === 'control')
        return verifyControl(publicKeys, record) ? undefined : 'no known key has signed this control record'
      // Decisions change nothing here; those of other applications on the same topic are theirs to check.
      if (head.kind === 'decision' && isOthers(record)) return undefined
      const bound = isResult(head) ? boundOf(head, record) : undefined
      return verifyMac(macSecret, record, head.id, bound) ? undefined : noCode
    },
    seal: (record) => ({ [applicationHeader]: app, [macHeader]: macOf(macSecret, record) }),
  }
}

/** Believes everything: whoever may write to main may also write decisions and control records. */
export function unsigned(applicationId: string): Authenticity {
  const headers = { [applicationHeader]: Buffer.from(applicationId) }
  return { isOthers: othersThan(headers[applicationHeader]), seal: () => headers }
}

/** Believes everything and writes nothing of its own: for records from files. */
export const believed: Authenticity = { seal: () => ({}) }

const boundOf = ({ type, timeMs }: Head, { partition }: LogRecord): Bound => ({ type, timeMs, partition })

const othersThan =
  (app: Buffer) =>
  ({ headers }: LogRecord): boolean =>
    headers[applicationHeader]?.equals(app) === false
