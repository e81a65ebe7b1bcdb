import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

export const kafkaVersion = '4.2.0'

const run = promisify(execFile)
const folder = path.join(
  process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
  'weir',
  `kafka-${kafkaVersion}`,
)

/** True when `command` can be run here. */
export const canRun = (command: string, args: readonly string[]): Promise<boolean> =>
  run(command, [...args]).then(
    () => true,
    () => false,
  )

/**
 * The folder with the broker's jars, fetched once from Maven Central and kept in the user's cache.
 * @throws Error in one sentence when they are not there and cannot be fetched
 */
export async function brokerJars(): Promise<string> {
  if (await isComplete()) return folder
  if (!(await canRun('mvn', ['--version']))) {
    throw new Error(
      'Maven (mvn) is needed once to fetch the Kafka broker: install it, or set KAFKA_BROKERS to a running broker.',
    )
  }
  // Filled aside and moved: two runs at once, or one that breaks off, never leave half a folder.
  const aside = `${folder}.${process.pid}`
  await mkdir(aside, { recursive: true })
  try {
    const pom = path.join(import.meta.dirname, 'pom.xml')
    await run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${aside}`])
    await rm(folder, { recursive: true, force: true })
    await rename(aside, folder).catch(async (cause: unknown) => {
      if (!(await isComplete())) throw cause
    })
  } catch (cause) {
    throw new Error('Maven could not fetch the Kafka broker from Maven Central: check the network.', { cause })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  return folder
}

/** One jar of each of the pom's dependencies. */
const wanted = [`kafka_2.13-${kafkaVersion}.jar`, 'slf4j-simple-1.7.36.jar']

async function isComplete(): Promise<boolean> {
  const there = await readdir(folder).catch((): string[] => [])
  return wanted.every((jar) => there.includes(jar))
}
