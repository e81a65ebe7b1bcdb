import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const script = fileURLToPath(new URL('./owner.ts', import.meta.url))

/** Starts a process that owns the folder's log and has done the steps. */
export async function startOwner(folder: string, ...steps: string[]): Promise<ChildProcess> {
  const owner = launchOwner(folder, {}, ...steps)
  const [first] = await Promise.race([once(owner, 'message'), once(owner, 'exit')])
  if (first !== 'ready') throw new Error(`the owner ended with ${first}`)
  return owner
}

export function launchOwner(folder: string, env: NodeJS.ProcessEnv, ...steps: string[]): ChildProcess {
  const owner = fork(script, [folder, ...steps], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  onTestFinished(() => kill(owner))
  return owner
}

/** As a crash would end it. */
export async function kill(owner: ChildProcess): Promise<void> {
  if (owner.exitCode !== null || owner.signalCode !== null) return
  const ended = once(owner, 'exit')
  owner.kill('SIGKILL')
  await ended
}
