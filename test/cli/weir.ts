import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/weir.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** Standard output and error so far. */
  out(): string
  err(): string
  /** Resolves once standard output holds the text; rejects when the process ends without. */
  printed(text: string): Promise<void>
}

export interface WeirOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Starts the command line in a process of its own, as people do. */
export function startWeir(args: readonly string[], { input, env, cwd }: WeirOptions = {}): Running {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_'))
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...Object.fromEntries(clean), NO_COLOR: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  if (input !== undefined) child.stdin.end(input)
  else if (args.includes('-') === false) child.stdin.end()
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
  return {
    child,
    ended,
    out: () => out,
    err: () => err,
    async printed(text) {
      while (!out.includes(text)) {
        const over = await Promise.race([
          ended,
          new Promise<undefined>((resolve) => child.stdout.once('data', () => resolve(undefined))),
        ])
        if (over !== undefined && !out.includes(text))
          throw new Error(`ended without "${text}": ${over.out}${over.err}`)
      }
    },
  }
}

/** Runs the command line to its end. */
export const weir = (args: readonly string[], options?: WeirOptions): Promise<Ended> => startWeir(args, options).ended

/** A folder of the test's own, and what removes it. */
export function temporaryFolder(): { readonly path: string; inside(...names: string[]): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'weir-cli-'))
  return {
    path,
    inside: (...names) => join(path, ...names),
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
