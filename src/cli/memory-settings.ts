/**
 * V8's settings for a process that decides. Its young generation takes 32 MB instead of 128, and what is old at most twice what is
 * alive: a commit's records, and what windows forget, live just long enough to grow old, and would fill several times the heap
 * that they need. Smaller values cost more collections than they save memory. Young collections are short and often: more threads
 * spend on waiting for each other what they save, and take the cores from the broker's answers.
 */
export const heapFlags: readonly string[] = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=100',
  '--no-parallel-scavenge',
]

/**
 * The C library's. Fetches and batches of a few MB come and go all the time; by default glibc gives each back to the system, which clears
 * every page of it again for the next one. Up to 64 MB stay with the process. glibc knows these settings, others do without.
 */
export const allocatorEnv: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(8 * 2 ** 20),
  MALLOC_TRIM_THRESHOLD_: String(64 * 2 ** 20),
}

/** What is asked of the process; `NodeJS.Process` has it. */
export type Restartable = Pick<typeof process, 'argv' | 'execArgv' | 'execPath' | 'env' | 'platform' | 'execve'>

const deciding = ['run', 'demo']

/**
 * Starts a process that is going to decide anew, in its own place, with `heapFlags` and `allocatorEnv`: they count only from the start.
 * It stays as it is where somebody has set the heap's sizes, and where a process cannot be replaced (Windows, Node before 22.15): it
 * then takes some 150 MB more.
 */
export function restartWithMemorySettings(self: Restartable): void {
  const { argv, execArgv, execPath, env, platform } = self
  const command = argv.slice(2).find((arg) => !arg.startsWith('-'))
  if (command === undefined || !deciding.includes(command)) return
  if (/semi-space|heap-growing/.test(`${execArgv.join(' ')} ${env['NODE_OPTIONS'] ?? ''}`)) return
  if (platform === 'win32' || self.execve === undefined) return
  const args = [execPath, ...heapFlags, ...execArgv, ...argv.slice(1)]
  self.execve(execPath, args, { ...allocatorEnv, ...env })
}
