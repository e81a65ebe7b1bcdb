import type { Command } from 'commander'
import type { Cli, ExitCode } from './cli.ts'
import { exitCodeOf, failureText } from './failure.ts'
import { listenForInterruption } from './interruption.ts'
import { outputTo } from './output.ts'
import { createProgram } from './program.ts'

const [out, err] = [outputTo(process.stdout), outputTo(process.stderr)]
let exitCode: ExitCode = 0
let interrupted: AbortSignal | undefined

const cli: Cli = {
  out,
  err,
  input: process.stdin,
  env: process.env,
  get interrupted() {
    interrupted ??= listenForInterruption()
    return interrupted
  },
  action:
    (run) =>
    async (...args) => {
      exitCode = await run(...args)
    },
}

const program: Command = createProgram(cli)
try {
  await program.parseAsync()
} catch (error) {
  exitCode = exitCodeOf(error)
  const text = failureText(error)
  if (text !== undefined) await err.line(`weir: ${text}`)
  if (program.opts().verbose && error instanceof Error && text !== undefined) await err.line(error.stack)
}
process.exitCode = exitCode
