import { Command } from 'commander'
import { version } from '../version.ts'
import type { Cli } from './cli.ts'

const description = `Real-time fraud and risk decisions over one ordered topic, exactly once.

Exit codes: 0 done, 1 it ran and found problems, 2 misuse: nothing was done.`

type CreateCommand = (cli: Cli) => Command

/** In the order in which help lists them; each is loaded when it is asked for. */
const commands: Readonly<Record<string, () => Promise<CreateCommand>>> = {
  demo: () => import('./commands/demo.ts').then(({ demoCommand }) => demoCommand),
  run: () => import('./commands/run.ts').then(({ runCommand }) => runCommand),
  new: () => import('./commands/new.ts').then(({ newCommand }) => newCommand),
  check: () => import('./commands/check.ts').then(({ checkCommand }) => checkCommand),
  test: () => import('./commands/test.ts').then(({ testCommand }) => testCommand),
  deploy: () => import('./commands/deploy.ts').then(({ deployCommand }) => deployCommand),
  rules: () => import('./commands/rules.ts').then(({ rulesCommand }) => rulesCommand),
  backtest: () => import('./commands/backtest.ts').then(({ backtestCommand }) => backtestCommand),
  describe: () => import('./commands/describe.ts').then(({ describeCommand }) => describeCommand),
  schema: () => import('./commands/schema.ts').then(({ schemaCommand }) => schemaCommand),
  send: () => import('./commands/send.ts').then(({ sendCommand }) => sendCommand),
  tail: () => import('./commands/tail.ts').then(({ tailCommand }) => tailCommand),
  export: () => import('./commands/export.ts').then(({ exportCommand }) => exportCommand),
  simulate: () => import('./commands/simulate.ts').then(({ simulateCommand }) => simulateCommand),
  lag: () => import('./commands/lag.ts').then(({ lagCommand }) => lagCommand),
  state: () => import('./commands/state.ts').then(({ stateCommand }) => stateCommand),
  reset: () => import('./commands/reset.ts').then(({ resetCommand }) => resetCommand),
  topics: () => import('./commands/topics.ts').then(({ topicsCommand }) => topicsCommand),
}

/** The command line for these words, with the one command that they name, or else all; errors are thrown, not exited on. */
export async function createProgram(cli: Cli, args: readonly string[]): Promise<Command> {
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
  const named = commands[args.find((arg) => !arg.startsWith('-')) ?? '']
  for (const load of named === undefined ? Object.values(commands) : [named]) {
    program.addCommand(inherit(program, (await load())(cli)))
  }
  return program
}

/** Sub-commands made elsewhere do not take these over by themselves. */
function inherit(from: Command, command: Command): Command {
  command.copyInheritedSettings(from)
  for (const sub of command.commands) inherit(from, sub)
  return command
}
