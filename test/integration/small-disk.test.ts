import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('../support/faults/small-disk.ts', import.meta.url))

/** Ways to a mount that nobody else sees, as one user or the other. */
const namespaces = [
  ['unshare', '-Urm'],
  ['unshare', '-m'],
  ['sudo', '-n', 'unshare', '-m'],
]

const mounted = ['sh', '-c', 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"']
/** Absent where nobody may mount anything: then there is no small disk to test on. */
const inside = namespaces.find(
  ([name, ...rest]) => spawnSync(name!, [...rest, ...mounted, tmpdir(), 'true']).status === 0,
)

/** Runs a command with a file system of 64 MB mounted on the folder. */
const onSmallDisk = (folder: string, command: readonly string[]): string =>
  execFileSync(inside![0]!, [...inside!.slice(1), ...mounted, folder, ...command], { encoding: 'utf8' })

describe.skipIf(inside === undefined)('a disk (needs user namespaces, or root, to mount one)', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-small-disk-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each([
    {
      of: 'state',
      is: 'full',
      code: 'disk-full',
      says: 'make room on the disk and start again',
      sign: 'No space left',
    },
    { of: 'all', is: 'full', code: 'log-unwritable', says: 'make room on its disk', sign: 'No space left' },
    {
      of: 'read-only',
      is: 'read-only',
      code: 'store-unavailable',
      says: 'check that the folder can be read and written',
      sign: 'Read-only file system',
    },
  ])('that is $is ends the application ($of), which says what to do; with a good one it goes on exactly', (end) => {
    const { state, code, message, exact, events } = JSON.parse(onSmallDisk(folder, [node, script, folder, end.of]))
    expect({ state, code, exact }).toEqual({ state: 'ERROR', code: end.code, exact: true })
    expect(message).toContain(end.says)
    expect(message).toContain(end.sign)
    expect(events).toBeGreaterThanOrEqual(2_000)
  })
})
