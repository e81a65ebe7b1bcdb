import { afterAll, beforeAll } from 'vitest'
import { writeSmallRules } from './small-rules.ts'
import { type Running, startWeir, temporaryFolder, type WeirOptions, weir } from './weir.ts'

export interface CliFixture {
  readonly folder: ReturnType<typeof temporaryFolder>
  /** The small rules' folder, in that. */
  readonly rules: string
  /** Starts the command line; killed when the tests of the file are over. */
  start(args: readonly string[], options?: WeirOptions): Running
}

/** What a test file of the command line begins with. */
export function cliFixture(): CliFixture {
  const folder = temporaryFolder()
  const rules = folder.inside('rules')
  const started: Running[] = []
  beforeAll(() => {
    writeSmallRules(rules)
  })
  afterAll(async () => {
    for (const { child, ended } of started) {
      child.kill('SIGKILL')
      await ended
    }
    folder.remove()
  })
  return {
    folder,
    rules,
    start(args, options) {
      const running = startWeir(args, options)
      started.push(running)
      return running
    },
  }
}

interface TailedDecision {
  readonly event: { readonly id: string }
  readonly outcome: string
}

/** The decisions that a log holds, as `weir tail` gives them; `log` are the options that name it. */
export async function decisionsIn(log: readonly string[]): Promise<readonly TailedDecision[]> {
  const { out } = await weir(['tail', '--no-follow', '--json', ...log])
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line))
}
