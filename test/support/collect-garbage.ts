import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects all garbage now, so that what is left is what somebody holds. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  // Buffers are freed, and counted off, beside the program; the second round waits for that of the first.
  collect()
  collect()
}
