import { describe, expect, it, vi } from 'vitest'
import { allocatorEnv, heapFlags, type Restartable, restartWithMemorySettings } from '../../src/cli/memory-settings.ts'
import { weir } from './weir.ts'

function started(args: readonly string[], changes: Partial<Restartable> = {}) {
  const execve = vi.fn<NonNullable<Restartable['execve']>>()
  restartWithMemorySettings({
    argv: ['node', 'weir.js', ...args],
    execArgv: ['--cpu-prof'],
    execPath: '/bin/node',
    env: { HOME: '/home/weir' },
    platform: 'linux',
    execve,
    ...changes,
  })
  return execve
}

describe('the process', () => {
  it.each([['run'], ['demo']])(
    'is started anew with settings of its memory, and as it was otherwise: %s',
    (command) => {
      expect(started(['--verbose', command, '--rules', 'rules'])).toHaveBeenCalledExactlyOnceWith(
        '/bin/node',
        ['/bin/node', ...heapFlags, '--cpu-prof', 'weir.js', '--verbose', command, '--rules', 'rules'],
        { ...allocatorEnv, HOME: '/home/weir' },
      )
    },
  )

  it('leaves the allocator as somebody has set it', () => {
    const env = { MALLOC_MMAP_THRESHOLD_: '1048576' }
    expect(started(['run'], { env }).mock.calls[0]![2]).toEqual({ ...allocatorEnv, ...env })
  })

  it('stays as it is for other commands', () => {
    expect(started(['check', 'run'])).not.toHaveBeenCalled()
    expect(started(['--help'])).not.toHaveBeenCalled()
  })

  it('stays as it is once it has the settings, or others', () => {
    expect(started(['run'], { execArgv: [...heapFlags] })).not.toHaveBeenCalled()
    expect(started(['run'], { env: { NODE_OPTIONS: '--max-semi-space-size=64' } })).not.toHaveBeenCalled()
  })

  it('stays as it is where it cannot be replaced', () => {
    expect(started(['run'], { platform: 'win32' })).not.toHaveBeenCalled()
    expect(() => started(['run'], { execve: undefined as never })).not.toThrow()
  })

  it('runs with settings that this Node knows', async () => {
    const { code, out } = await weir(['run', '--help'])
    expect(code).toBe(0)
    expect(out).toContain('--rules')
  })
})
