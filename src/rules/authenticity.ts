import type { Head } from '../record/ingress.ts'
import type { Headers, LogRecord } from '../record/record.ts'
import { macHeader, macOf, type PublicKeys, verifyControl, verifyMac } from '../record/signature.ts'

/**
 * Who may write what on main. Anybody who writes events could otherwise write rules: a control record counts only when a
 * known key signed it, a decision only with this application's own code.
 */
export interface Authenticity {
  /** Why a decision or control record is not to be believed; `undefined` when it is. Absent when all are believed. */
  readonly objection?: (record: LogRecord, head: Head) => string | undefined
  /** The headers that make a record of ours believable. */
  seal(record: { readonly key: Buffer; readonly id: string; readonly value: Buffer }): Headers
}

/** Names the application that wrote a record, so that others on the same topic leave it alone. */
export const applicationHeader = 'app'

export interface SigningKeys {
  /** Of those who may write control records. */
  readonly publicKeys: PublicKeys
  /** Shared by all instances of the application. */
  readonly macSecret: Buffer
}

export function signedBy(applicationId: string, { publicKeys, macSecret }: SigningKeys): Authenticity {
  const app = Buffer.from(applicationId)
  return {
    objection(record, head) {
      if (head.kind === 'control')
        return verifyControl(publicKeys, record) ? undefined : 'no known key has signed this control record'
      // Decisions change nothing here; those of other applications on the same topic are theirs to check.
      const writer = record.headers[applicationHeader]
      if (head.kind === 'decision' && writer !== undefined && !writer.equals(app)) return undefined
      return verifyMac(macSecret, record, head.id)
        ? undefined
        : `the record does not carry the code of the application "${applicationId}"`
    },
    seal: (record) => ({ [applicationHeader]: app, [macHeader]: macOf(macSecret, record) }),
  }
}

/** Believes everything: whoever may write to main may also write decisions and control records. */
export function unsigned(applicationId: string): Authenticity {
  const headers = { [applicationHeader]: Buffer.from(applicationId) }
  return { seal: () => headers }
}
