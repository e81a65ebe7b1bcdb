import { LogError } from '../../errors.ts'

/**
 * The log's owner has left, and with it whatever was open there. Inside the adapter only: a visitor goes on with the
 * next owner. `not-done` says that what was asked has surely not happened; after `unknown` it may have.
 */
export class OwnerLeftError extends LogError {
  readonly outcome: 'not-done' | 'unknown'

  constructor(outcome: 'not-done' | 'unknown') {
    super('log-unavailable', "the log's owner has gone: connect again")
    this.outcome = outcome
  }
}
