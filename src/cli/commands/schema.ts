import { Command } from 'commander'
import { z } from 'zod'
import { ruleFileSchema } from '../../rules/schema.ts'
import type { Cli, ExitCode } from '../cli.ts'
import { withExamples } from '../examples.ts'

export function schemaCommand(cli: Cli): Command {
  const command = new Command('schema')
    .description('Print the JSON Schema of rule files, for editors.')
    .action(cli.action(() => run(cli)))
  const notes = `
Editors with a YAML language server check and complete rule files that begin with the line
# yaml-language-server: $schema=weir.schema.json`
  return withExamples(command, ['weir schema > weir.schema.json'], notes)
}

async function run(cli: Cli): Promise<ExitCode> {
  const schema = z.toJSONSchema(ruleFileSchema, { io: 'input' })
  await cli.out.line(JSON.stringify({ title: 'Weir rule file', ...schema }, null, 2))
  return 0
}
