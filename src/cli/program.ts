import { Command } from 'commander'
import { version } from '../version.ts'
import type { Cli } from './cli.ts'
import { checkCommand } from './commands/check.ts'
import { describeCommand } from './commands/describe.ts'
import { exportCommand } from './commands/export.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { sendCommand } from './commands/send.ts'
import { simulateCommand } from './commands/simulate.ts'
import { tailCommand } from './commands/tail.ts'
import { topicsCommand } from './commands/topics.ts'

const description = `Real-time fraud and risk decisions over one ordered topic, exactly once.

Exit codes: 0 done, 1 it ran and found problems, 2 misuse: nothing was done.`

/** In the order in which help lists them. */
const commands = [
  runCommand,
  checkCommand,
  describeCommand,
  schemaCommand,
  sendCommand,
  tailCommand,
  exportCommand,
  simulateCommand,
  topicsCommand,
]

/** The whole command line; errors are thrown, not printed and exited on. */
export function createProgram(cli: Cli): Command {
  const program = new Command('weir')
    .description(description)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--verbose', 'show where an error came from')
    .option('--no-color', 'no colours, as with NO_COLOR=1')
    .showHelpAfterError('(weir --help lists the commands, weir COMMAND --help its options)')
    .configureOutput({ writeOut: (text) => void cli.out.write(text), writeErr: (text) => void cli.err.write(text) })
    .exitOverride()
  for (const create of commands) program.addCommand(inherit(program, create(cli)))
  return program
}

/** Sub-commands made elsewhere do not take these over by themselves. */
function inherit(from: Command, command: Command): Command {
  command.copyInheritedSettings(from)
  for (const sub of command.commands) inherit(from, sub)
  return command
}
