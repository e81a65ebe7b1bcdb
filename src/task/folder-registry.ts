import { StateStoreError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'

const holders = new Map<string, Promise<void>>()

/**
 * Hands a task's folder from one holder in this process to the next: a task that moves between members may find its
 * predecessor still closing. Resolves with the function that gives the folder back.
 * @throws StateStoreError `store-locked` when it is not free within `waitMs`
 */
export async function takeFolder(folder: string, waitMs: number, clock: Clock): Promise<() => void> {
  for (let holder = holders.get(folder); holder !== undefined; holder = holders.get(folder)) {
    if (!(await endsWithin(holder, waitMs, clock))) {
      throw new StateStoreError(
        'store-locked',
        `the state folder ${folder} was not given back within ${waitMs} ms by the task of this process that holds it`,
      )
    }
  }
  return take(folder)
}

/** The same for a folder that nobody in this process holds; `undefined` when somebody does. */
export const takeFreeFolder = (folder: string): (() => void) | undefined =>
  holders.has(folder) ? undefined : take(folder)

/** Whether somebody in this process holds the folder. */
export const isFolderHeld = (folder: string): boolean => holders.has(folder)

function take(folder: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  holders.set(folder, promise)
  return () => {
    holders.delete(folder)
    resolve()
  }
}

function endsWithin(promise: Promise<void>, ms: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), ms)
    void promise.then(() => {
      timer.cancel()
      resolve(true)
    })
  })
}
