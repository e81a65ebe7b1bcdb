import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { kill } from './owners.ts'

export type ToVisitor = 'close' | { readonly send: string }
export type FromVisitor =
  | 'ready'
  | { readonly read: string }
  | { readonly sent: string; readonly offset: number }
  | { readonly failed: string }

const script = fileURLToPath(new URL('./visitor.ts', import.meta.url))
const patience = { timeout: 15_000, interval: 10 }

/** A visitor of a log in a process of its own, and what it told so far. */
export class Visitor {
  readonly child: ChildProcess
  readonly read: string[] = []
  readonly sent: string[] = []
  readonly failed: string[] = []
  readonly #ready: Promise<unknown>

  private constructor(folder: string) {
    this.child = fork(script, [folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    onTestFinished(() => kill(this.child))
    this.#ready = once(this.child, 'message')
    this.child.on('message', (message: FromVisitor) => {
      if (message === 'ready') return
      if ('read' in message) this.read.push(message.read)
      else if ('sent' in message) this.sent.push(message.sent)
      else this.failed.push(message.failed)
    })
  }

  /** Resolves when it is connected. */
  static async start(folder: string): Promise<Visitor> {
    const visitor = new Visitor(folder)
    await visitor.#ready
    return visitor
  }

  send(...values: string[]): void {
    for (const send of values) this.child.send({ send } satisfies ToVisitor)
  }

  async hasSent(...values: string[]): Promise<void> {
    await expect.poll(() => [...this.sent, ...this.failed], patience).toEqual(values)
  }

  async hasRead(...values: string[]): Promise<void> {
    await expect.poll(() => [...this.read, ...this.failed], patience).toEqual(values)
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.send('close' satisfies ToVisitor)
    expect(await ended).toEqual([0, null])
  }
}
