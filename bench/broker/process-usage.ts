import { execFileSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface Usage {
  /** User and system time since the process began. */
  readonly cpuMs: number
  /** Bytes that the process handed to storage since it began, as far as the system tells. */
  readonly writtenBytes: number
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString())

/** What a process has used, from Linux's /proc. */
export async function usageOf(pid: number): Promise<Usage> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  // utime and stime are the 14th and 15th field; the first two went with the name.
  const ticks = Number(fields[11]) + Number(fields[12])
  const io = await readFile(`/proc/${pid}/io`, 'utf8').catch(() => '')
  return { cpuMs: (ticks * 1000) / ticksPerSecond, writtenBytes: Number(/^write_bytes: (\d+)/m.exec(io)?.[1] ?? 0) }
}

/** The most memory that was resident at any time. */
export async function peakRssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024
}

/** The size of all files in a folder and below; files that vanish meanwhile count nothing. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
