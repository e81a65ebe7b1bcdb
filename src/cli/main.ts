import { connectLog } from './connect-log.ts'
import { listenForInterruption } from './interruption.ts'
import { restartWithMemorySettings } from './memory-settings.ts'
import { outputTo } from './output.ts'
import { runCli } from './run.ts'

restartWithMemorySettings(process)

let interrupted: AbortSignal | undefined

process.exitCode = await runCli(process.argv.slice(2), {
  out: outputTo(process.stdout),
  err: outputTo(process.stderr),
  input: process.stdin,
  env: process.env,
  // Commands that never ask end at the first Ctrl-C, as others do.
  get interrupted() {
    interrupted ??= listenForInterruption()
    return interrupted
  },
  connect: connectLog,
})
