import type { EmbeddedLog } from './embedded-log.ts'
import type { OwnerLeftError } from './owner-left.ts'
import type { RemoteLog } from './remote-log.ts'

/** What a visitor works through: its own log, or another process's. Told apart by identity. */
export type Access = EmbeddedLog | RemoteLog

/** How a visitor's reader or producer comes to the log while owners come and go. */
export interface AccessSource {
  /**
   * What to work through now; connects when there is nothing.
   * @throws LogError `log-closed`; `log-unavailable` when an owner does not answer in time, or the folder cannot be used
   */
  access(): Promise<Access>
  /**
   * Whether a call failed because the access has gone, and what became of it then; the next `access` is another.
   * `undefined` for failures that mean something else.
   * @throws LogError `log-closed`
   */
  lost(access: Access, error: unknown): OwnerLeftError['outcome'] | undefined
}
