import type { Cli, ExitCode, Surroundings } from './cli.ts'
import { exitCodeOf, failureText } from './failure.ts'
import { createProgram } from './program.ts'

/** Runs one command line (the words after `weir`); errors are printed as one sentence, not thrown. */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exitCode: ExitCode = 0
  const cli: Cli = Object.create(surroundings, {
    action: {
      value:
        (run: (...args: unknown[]) => Promise<ExitCode>) =>
        async (...args: unknown[]) => {
          exitCode = await run(...args)
        },
    },
  })
  const program = await createProgram(cli, args)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    const text = failureText(error)
    if (text !== undefined) await cli.err.line(`weir: ${text}`)
    if (text !== undefined && program.opts().verbose && error instanceof Error) await cli.err.line(error.stack)
    return exitCodeOf(error)
  }
}
