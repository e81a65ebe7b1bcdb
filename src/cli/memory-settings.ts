/**
 * V8's settings for a process that decides. Its young generation takes 32 MB instead of 128, and what is old at most twice what is
 * alive: a commit's records, and what windows forget, live just long enough to grow old, and would fill several times the heap
 * that they need. Smaller values cost more collections than they save memory.
 */
export const heapFlags: readonly string[] = ['--max-semi-space-size=16', '--heap-growing-percent=100']

/**
 * The C library's. Fetches and pages of state come and go among each other; what is freed between those that stay would be the process's
 * for good. glibc knows the setting, others do without.
 */
export const allocatorEnv: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: '65536' }

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
