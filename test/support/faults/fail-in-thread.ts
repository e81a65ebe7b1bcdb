/**
 * Loaded before anything else (`--import`): thread 2 of a `weir run` fails in the way that FAIL_IN_THREAD names as soon as the
 * file FAIL_WHEN exists.
 */

import { existsSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const failures: Readonly<Record<string, () => void>> = {
  exception() {
    throw new Error('nobody catches this')
  },
  exit() {
    process.exit(7)
  },
}

const { FAIL_IN_THREAD: how, FAIL_WHEN: file } = process.env
if (how !== undefined && file !== undefined && workerData?.thread === 2) {
  const waiting = setInterval(() => {
    if (!existsSync(file)) return
    clearInterval(waiting)
    failures[how]!()
  }, 10)
}
