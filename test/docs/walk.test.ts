import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../cli/weir.ts'
import { eventually } from '../support/eventually.ts'
import { blocksOf } from './markdown.ts'

const run = promisify(execFile)
const folder = temporaryFolder()
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const page = blocksOf(readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8'))
const steps = page.filter(({ mark }) => ['shell', 'background', 'lines', 'write', 'output'].includes(mark?.what ?? ''))

/** In place of what is installed: `npx weir` is the command of this working copy. */
function environment(): NodeJS.ProcessEnv {
  mkdirSync(folder.inside('bin'))
  const script = `#!/bin/sh\nshift\nexec "${process.execPath}" "${main}" "$@"\n`
  writeFileSync(folder.inside('bin/npx'), script, { mode: 0o755 })
  mkdirSync(folder.inside('work'))
  return { ...process.env, NO_COLOR: '1', PATH: `${folder.inside('bin')}${delimiter}${process.env.PATH}` }
}

/** As pages show hashes and offsets. */
const shown = (text: string): string => text.replaceAll(/sha256:[0-9a-f]+/g, 'sha256:…')

let lastTail = ''

afterAll(() => folder.remove())

describe('the way from a new folder to a rule in force', () => {
  it('goes as docs/rules.md says', async () => {
    const env = environment()
    const cwd = folder.inside('work')
    const outputs = new Map<string, string>()
    const background: ReturnType<typeof spawn>[] = []
    try {
      for (const { mark, text } of steps) {
        const { what, name } = mark!
        if (what === 'lines') writeFileSync(`${cwd}/${name}.jsonl`, `${text}\n`)
        else if (what === 'write') writeFileSync(`${cwd}/${/^# (\S+)/.exec(text)![1]}`, text)
        else if (what === 'background')
          background.push(spawn('sh', ['-c', `exec ${text}`], { cwd, env, stdio: 'ignore' }))
        else if (what === 'output') expect(shown(outputs.get(name)!)).toContain(text)
        else outputs.set(name, await shell(text, { cwd, env }))
      }
    } finally {
      for (const child of background) child.kill('SIGTERM')
      await Promise.all(background.map((child) => new Promise((resolve) => child.once('exit', resolve))))
    }
    expect(outputs.get('send')).toContain('allow')
    expect(outputs.get('look')).toMatch(/block.*550 within an hour/s)
    expect(outputs.get('look')).toContain('partition 1  sha256:')
  }, 120_000)
})

interface Place {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs the lines one after another. What was sent is decided a moment later: a tail is asked until it shows more. */
async function shell(text: string, place: Place): Promise<string> {
  let output = ''
  for (const line of text.split('\n')) {
    let { stdout } = await run('sh', ['-c', line], place)
    if (line.includes('weir tail')) {
      await eventually(async () => {
        stdout = (await run('sh', ['-c', line], place)).stdout
        expect(stdout.length).toBeGreaterThan(lastTail.length)
      })
      lastTail = stdout
    }
    output += stdout
  }
  return output
}
