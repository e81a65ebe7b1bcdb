import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = import.meta.dirname

/**
 * Compiles the rivals: Java's unless it is there, those on Node each time. Weir is compiled where it is installed, and so it is
 * here: what Node runs TypeScript with takes 30 MB of the process.
 */
export async function buildRivals(): Promise<void> {
  await run(join(here, '../../node_modules/.bin/tsc'), ['-p', join(here, 'tsconfig.json')])
  const peer = join(here, '../peers/kafka-streams')
  const isBuilt = await access(join(peer, 'target/jars')).then(
    () => true,
    () => false,
  )
  if (!isBuilt) await run('mvn', ['-q', '-B', '-f', join(peer, 'pom.xml'), 'package'])
}
