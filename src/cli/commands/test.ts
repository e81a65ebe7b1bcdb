import { Command } from 'commander'
import pc from 'picocolors'
import {
  type Difference,
  type InlineTestReport,
  type InlineTestResult,
  runInlineTests,
} from '../../replay/inline-tests.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { UsageError } from '../failure.ts'
import { loadRules } from '../rule-folder.ts'

interface Options {
  readonly filter?: string
  readonly json?: boolean
}

const notes = `
Tests stand in the rule files, under tests:. Each runs by itself, on one partition with nothing before it, with the engine
that decides live; what a test expects nothing of is not compared.`

export function testCommand(cli: Cli): Command {
  const command = new Command('test')
    .description('Run the tests in the rule files of a folder, and say which rules no test makes fire.')
    .argument('<dir>', 'the folder with rule files')
    .option('--filter <NAME>', 'only tests with NAME in their name')
    .option('--json', 'the result for machines')
    .action(cli.action((dir: string, options: Options) => run(cli, dir, options)))
  return withExamples(command, ['weir test rules', 'weir test rules --filter london'], notes)
}

async function run(cli: Cli, dir: string, { filter, json }: Options): Promise<ExitCode> {
  const ruleSet = await loadRules(dir)
  const part = filter?.toLowerCase() ?? ''
  const report = await runInlineTests(ruleSet, { filter: ({ name }) => name.toLowerCase().includes(part) })
  if (filter !== undefined && report.results.length === 0) {
    throw new UsageError(
      `no test of ${dir} has "${filter}" in its name; leave out --filter to run all ${ruleSet.tests.length}`,
    )
  }
  const isOk = report.results.every(({ differences }) => differences.length === 0)
  if (json) await cli.out.line(JSON.stringify(forMachines(report, ruleSet.hash)))
  else await cli.out.line(forPeople(report, filter !== undefined))
  return isOk ? 0 : 1
}

const forMachines = ({ results, coverage }: InlineTestReport, hash: string) => ({
  ok: results.every(({ differences }) => differences.length === 0),
  hash,
  tests: results.map(({ test, differences }) => ({
    name: test.name,
    ok: differences.length === 0,
    file: test.source.file,
    line: test.source.line,
    differences: differences.map(({ source, ...rest }) => ({ ...rest, file: source.file, line: source.line })),
  })),
  coverage,
})

function forPeople({ results, coverage }: InlineTestReport, isFiltered: boolean): string {
  const failed = results.filter(({ differences }) => differences.length > 0)
  const { fired, silent } = coverage
  const count = `${results.length} ${results.length === 1 ? 'test' : 'tests'}`
  const verdict =
    failed.length === 0
      ? pc.green(`${count}, all as expected`)
      : `${count}, ${pc.red(`${failed.length} not as expected`)}`
  const rules = fired.length + silent.length
  const covered = `${fired.length} of ${rules} rules fire in ${isFiltered ? 'these tests' : 'some test'}`
  // A part of the tests says little about rules that stay silent in it.
  const names = silent.length === 0 || isFiltered ? '' : `; never: ${silent.join(', ')}`
  return [...failed.map(failureText), verdict, `${covered}${names}`].join('\n')
}

function failureText({ test, differences }: InlineTestResult): string {
  const { file, line, column } = test.source
  const head = `${pc.red('✗')} ${pc.bold(test.name)} ${pc.dim(`${file}:${line}:${column}`)}`
  const byPlace = Map.groupBy(
    differences,
    ({ event, trailing, feature }) => `${event} ${trailing ?? ''} ${feature ?? ''}`,
  )
  const places = [...byPlace.values()].flatMap((group) => [placeText(group[0]!), ...group.map(differenceText)])
  return [head, ...places, ''].join('\n')
}

function placeText({ event, type, trailing, feature, source }: Difference): string {
  const result = feature === undefined ? '' : `, the result of ${feature}`
  const about = trailing === undefined ? result : `${result}, the end of ${trailing}`
  return `  event ${event} (${type})${about} ${pc.dim(`line ${source.line}`)}`
}

const differenceText = ({ field, expected, got }: Difference): string =>
  `    ${field.padEnd(8)}  expected  ${pc.green(expected)}\n${' '.repeat(14)}got       ${pc.red(got)}`
