import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { kill } from './owners.ts'

const script = fileURLToPath(new URL('./rounds-writer.ts', import.meta.url))

/** Starts a process that writes rounds from the given one on, until it is killed. */
export function startRounds(folder: string, first: number): ChildProcess {
  const writer = fork(script, [folder, String(first)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  onTestFinished(() => kill(writer))
  return writer
}

/** Resolves once the process has committed the round, with the last one that it told. */
export function acknowledged(writer: ChildProcess, round: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writer.on('message', (told: number) => {
      if (told >= round) resolve(told)
    })
    writer.once('exit', () => reject(new Error('the writer ended')))
  })
}
