import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('./state-holder.ts', import.meta.url))

export interface StateHolder {
  /** As a crash does. Resolves when the process is gone. */
  kill(): Promise<void>
}

/** Lets another process hold a state folder. */
export async function holdState(folder: string): Promise<StateHolder> {
  const child: ChildProcess = spawn(node, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  await Promise.race([
    once(child.stdout!, 'data'),
    ended.then(() => Promise.reject(new Error(`the folder ${folder} could not be held`))),
  ])
  return {
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
