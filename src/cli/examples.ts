import type { Command } from 'commander'

/** Adds examples, and whatever else one should know, below a command's help. */
export const withExamples = (command: Command, examples: readonly string[], notes = ''): Command =>
  command.addHelpText(
    'after',
    `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n${examples.map((example) => `  ${example}\n`).join('')}${notes === '' ? '' : `\n${notes.trim()}\n`}`,
  )
