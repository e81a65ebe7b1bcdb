import { Command } from 'commander'
import pc from 'picocolors'
import { RuleSetError, type RuleSetIssue } from '../../errors.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'
import { loadRules } from '../rule-folder.ts'

interface Options {
  readonly json?: boolean
}

export function checkCommand(cli: Cli): Command {
  const command = new Command('check')
    .description('Check the rule files of a folder: all problems at once, each with its place and what to do.')
    .argument('<dir>', 'the folder with rule files')
    .option('--json', 'problems and the rule set’s hash for machines')
    .action(cli.action((dir: string, options: Options) => run(cli, dir, options)))
  return withExamples(command, ['weir check rules', 'weir check rules --json'])
}

async function run(cli: Cli, dir: string, { json }: Options): Promise<ExitCode> {
  const { ruleSet, issues } = await checked(dir)
  if (json) {
    const found = { ok: ruleSet !== undefined, hash: ruleSet?.hash ?? null, issues }
    await cli.out.line(JSON.stringify(found))
  } else {
    for (const issue of issues) await cli.err.line(issueText(issue))
    await cli.out.line(ruleSet === undefined ? failureLine(issues) : successLine(dir, ruleSet))
  }
  return ruleSet === undefined ? 1 : 0
}

async function checked(dir: string): Promise<{ ruleSet?: RuleSet; issues: readonly RuleSetIssue[] }> {
  try {
    const ruleSet = await loadRules(dir)
    return { ruleSet, issues: ruleSet.warnings }
  } catch (error) {
    if (error instanceof RuleSetError) return { issues: error.issues }
    throw error
  }
}

function issueText({ severity, file, line, column, code, message, hint }: RuleSetIssue): string {
  const colour = severity === 'error' ? pc.red : pc.yellow
  const place = pc.bold(`${file}:${line}:${column}`)
  return `${place} ${colour(severity)} ${message} ${pc.dim(`[${code}]`)}${hint === undefined ? '' : `\n    ${hint}`}`
}

function failureLine(issues: readonly RuleSetIssue[]): string {
  const errors = issues.filter(({ severity }) => severity === 'error').length
  return `${errors} ${errors === 1 ? 'problem' : 'problems'}`
}

function successLine(dir: string, { rules, features, tables, hash }: RuleSet): string {
  const counts = `${rules.length} rules, ${features.size} features, ${tables.size} tables`
  return `${dir}: ${counts}; ${hash}`
}
