/** What the caller's own code threw when the adapter called it: passed on as it is, not taken for Kafka's failure. */
export class CallbackError extends Error {
  readonly error: Error

  constructor(error: Error) {
    super(error.message, { cause: error })
    this.name = 'CallbackError'
    this.error = error
  }
}

/** Runs the caller's code. @throws CallbackError with what it threw */
export async function calling<T>(callback: () => T | Promise<T>): Promise<T> {
  try {
    return await callback()
  } catch (error) {
    throw new CallbackError(error instanceof Error ? error : new Error(String(error)))
  }
}
