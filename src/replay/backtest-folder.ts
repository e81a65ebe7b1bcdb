import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Host and process are in the name, so that whoever comes later knows whose it was. */
const prefix = (): string => `weir-backtest-${hostname()}-`

/**
 * Makes a folder among the system's temporary files for what a back-test keeps while it runs. First it removes those of back-tests
 * that were killed: made on this host, by a process that is no more.
 */
export async function makeBacktestFolder(): Promise<string> {
  await removeAbandoned()
  return mkdtemp(join(tmpdir(), `${prefix()}${process.pid}-`))
}

/** What cannot be removed stays: it is in nobody's way. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  const abandoned = names.filter((name) => {
    const pid = ownerOf(name)
    return pid !== undefined && !isAlive(pid)
  })
  await Promise.allSettled(abandoned.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })))
}

/** The process that made a folder on this host; `undefined` for any other name. */
function ownerOf(name: string): number | undefined {
  if (!name.startsWith(prefix())) return undefined
  const [, pid] = /^(\d+)-\w{6}$/.exec(name.slice(prefix().length)) ?? []
  return pid === undefined ? undefined : Number(pid)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Anything else, such as another user's process, is one.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
