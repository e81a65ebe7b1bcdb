/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly text: string
  /** What the HTML comment right before it says: `<!-- decisions: first -->` gives `decisions` and `first`. */
  readonly mark?: { readonly what: string; readonly name: string }
  /** Of its first line, from 1. */
  readonly line: number
}

/** The fenced blocks of a Markdown page, in order. */
export function blocksOf(page: string): Block[] {
  const lines = page.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w*)\s*$/.exec(lines[at]!)?.[1]
    if (language === undefined) continue
    const end = lines.indexOf('```', at + 1)
    const mark = /^<!-- (\w+): ([\w-]+) -->$/.exec(lines[at - 1] ?? '')
    blocks.push({
      language,
      text: lines.slice(at + 1, end).join('\n'),
      line: at + 2,
      ...(mark === null ? {} : { mark: { what: mark[1]!, name: mark[2]! } }),
    })
    at = end
  }
  return blocks
}

/** True for a block that is a whole rule file. */
export const isRuleFile = ({ language, text }: Block): boolean => language === 'yaml' && text.startsWith('version: 1')

/** The `weir` command lines of the shell blocks, as words; comments are left out. */
export function weirCommands(blocks: readonly Block[]): string[][] {
  const lines = blocks.filter(({ language }) => language === 'sh').flatMap(({ text }) => text.split('\n'))
  return lines.flatMap((line) => {
    const command = /(?:^|\|\s*)(?:npx )?weir (.*?)\s*(?:#.*)?$/.exec(line)?.[1]
    return command === undefined ? [] : [command.split(/\s+/)]
  })
}
