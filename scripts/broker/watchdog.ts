import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Runs a line of shell when this process ends, however it ends: the shell waits for the end of its input, which only
 * this process holds. `$1`, `$2` … in the line are `args`.
 */
export class Watchdog {
  readonly #shell: ChildProcess

  constructor(line: string, args: readonly string[]) {
    // Detached, so that Ctrl-C reaches this process alone.
    this.#shell = spawn('sh', ['-c', `cat >/dev/null; ${line}`, 'watchdog', ...args], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#shell.on('error', () => undefined)
    this.#shell.unref()
  }

  /** Nothing is left to do at the end. */
  dismiss(): void {
    // The whole group: the shell and what it waits in.
    if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, 'SIGKILL')
  }
}
