import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { starterRules } from '../starter-rules.ts'

export function newCommand(cli: Cli): Command {
  const command = new Command('new')
    .description('Write a small rule set with tests, to begin with, into a new or empty folder.')
    .argument('<dir>', 'the folder, which is made')
    .action(cli.action((dir: string) => run(cli, dir)))
  return withExamples(command, ['weir new my-rules && weir test my-rules'])
}

async function run(cli: Cli, dir: string): Promise<ExitCode> {
  await claim(dir)
  for (const [name, text] of Object.entries(starterRules)) {
    // Of two who write at once, neither writes over the other.
    await writeFile(join(dir, name), text, { flag: 'wx' })
    await cli.out.line(join(dir, name))
  }
  await cli.err.line(`next: weir test ${dir}, then weir run --rules ${dir}`)
  return 0
}

/** Makes the folder, or finds it empty. @throws UsageError */
async function claim(dir: string): Promise<void> {
  let names: readonly string[]
  try {
    await mkdir(dir, { recursive: true })
    names = await readdir(dir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`${dir} cannot be made (${code}); name a folder that you may write`)
  }
  if (names.length > 0) throw new UsageError(`${dir} is not empty; name a new folder, nothing is written over`)
}
