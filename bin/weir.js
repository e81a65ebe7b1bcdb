#!/usr/bin/env node
// Starts the command line: from its source on Node 24, or, where there is only the build, on Node 22 or newer. A machine
// with an older Node uses the one that `npm ci` brought along.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const main = ['src/cli/main.ts', 'dist/cli/main.js'].map((path) => join(root, path)).find((path) => existsSync(path))

const needed = main.endsWith('.ts') ? 24 : 22

if (Number(process.versions.node.split('.')[0]) >= needed) {
  await import(main)
} else {
  const bundled = bundledNode()
  if (bundled === undefined) {
    process.stderr.write(
      `weir needs Node ${needed} or newer; this is ${process.version}. Install it, or run "npm ci" in ${root}.\n`,
    )
    process.exit(2)
  }
  const child = spawn(bundled, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
}

function bundledNode() {
  try {
    const path = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
