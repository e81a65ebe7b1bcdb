import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

it('the build runs without the source, and declares its types', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-build-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  await run(tsc, ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')])
  for (const part of ['bin', 'rules', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const { stdout } = await run(process.execPath, [
    join(folder, 'bin', 'weir.js'),
    'test',
    join(folder, 'rules'),
    '--json',
  ])
  expect(JSON.parse(stdout)).toBeTruthy()
  expect(existsSync(join(folder, 'dist', 'index.d.ts'))).toBe(true)
}, 60_000)
