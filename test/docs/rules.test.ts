import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../../src/record/json-lines.ts'
import { runInlineTests } from '../../src/replay/inline-tests.ts'
import { loadRuleFiles } from '../../src/rules/loader.ts'
import { runInProcess } from '../cli/in-process.ts'
import { decideLines } from './decide-lines.ts'
import { type Block, blocksOf, isRuleFile, weirCommands } from './markdown.ts'

const pageOf = async (path: string) =>
  blocksOf(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).map((block) => ({ path, ...block }))

const rulesPage = await pageOf('docs/rules.md')
const readme = await pageOf('README.md')
const pages = [...rulesPage, ...readme]

const load = ({ path, text }: Block & { readonly path: string }) => loadRuleFiles([{ path: `${path}.yaml`, text }])

const ruleFiles = pages.filter(isRuleFile).map((block) => ({ place: `${block.path}:${block.line}`, block }))

describe('rule files on pages', () => {
  it('are there', () => {
    expect(rulesPage.filter(isRuleFile).length).toBeGreaterThan(9)
    expect(readme.filter(isRuleFile).length).toBeGreaterThan(0)
  })

  it.each(ruleFiles)('load, and decide as their tests say: $place', async ({ block }) => {
    const { results } = await runInlineTests(load(block))
    expect(results.filter(({ differences }) => differences.length > 0)).toEqual([])
  })

  it.each(ruleFiles.filter(({ block }) => block.text.includes('\ntests:')))(
    'fire every rule in some test: $place',
    async ({ block }) => {
      expect((await runInlineTests(load(block))).coverage.silent).toEqual([])
    },
  )
})

const marked = (what: string, name: string) => {
  const found = rulesPage.find(({ mark }) => mark?.what === what && mark.name === name)
  if (found === undefined) throw new Error(`docs/rules.md has no block <!-- ${what}: ${name} -->`)
  return found
}

/** As pages show hashes: without their digits. */
const shown = (decision: object) => ({ ...decision, ruleSet: { hash: 'sha256:…', offset: -1 } })

describe('decisions on pages', () => {
  const decided = rulesPage
    .filter(({ mark }) => mark?.what === 'decisions')
    .map(({ mark, text }) => ({ ...mark!, text }))

  it.each(decided)('are what the engine decides of the events beside them: $name', async ({ name, text }) => {
    const expected = JSON.parse(text)
    const { decisions } = await decideLines(load(marked('rules', name)), marked('events', name).text)
    const found = decisions.find(({ decisionId }) => decisionId === expected.decisionId)
    expect(found?.ruleSet).toEqual({ hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), offset: -1 })
    expect(shown(found!)).toEqual(expected)
    // The members' order too is the engine's.
    expect(JSON.stringify(expected)).toBe(JSON.stringify(shown(found!)))
  })

  it('of the README is what its rules decide of its event, eight minutes after one at the first outlet', async () => {
    const [event, decision] = readme.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text))
    const { cardId, amount } = event.payload
    const payload = { cardId, amount, outletId: 'o-1', geo: { lat: 51.5, lon: -0.12 } }
    const first = { ...event, id: 'tx-1', time: '2026-03-01T10:00:00Z', payload }
    const ruleSet = load(readme.find(isRuleFile)!)
    const { decisions } = await decideLines(ruleSet, `${JSON.stringify(first)}\n${JSON.stringify(event)}\n`)
    expect(shown(decisions[1]!)).toEqual(decision)
  })
})

describe('lines on pages', () => {
  const lines = pages.filter(({ language }) => language === 'json').flatMap(({ text }) => text.split('\n'))
  const records = lines.filter((line) => line.startsWith('{"kind"')).map((line, at) => ({ line, at }))

  it.each(records)('are records: $line', ({ line, at }) => {
    expect(parseLine(line, at)).toMatchObject({ ok: true })
  })
})

describe('commands on pages', () => {
  const commands = weirCommands(pages).map((words) => ({ line: `weir ${words.join(' ')}`, words }))

  it.each(commands)('exist with their options: $line', async ({ words }) => {
    const help = await helpOf(words[0]!, words[1])
    for (const option of words.filter((word) => word.startsWith('--'))) {
      expect(help).toMatch(new RegExp(`^\\s+(-\\w, )?${option}\\b`, 'm'))
    }
  })
})

/** The help of a command, or of its sub-command where the second word is one (`topics create`; not `check rules`). */
async function helpOf(command: string, second?: string): Promise<string> {
  if (second !== undefined && /^[a-z]+$/.test(second)) {
    const { out } = await runInProcess([command, second, '--help'])
    if (out.startsWith(`Usage: weir ${command} ${second}`)) return out
  }
  const { code, out } = await runInProcess([command, '--help'])
  expect({ code, usage: out.split('\n')[0] }).toEqual({ code: 0, usage: expect.stringContaining(`weir ${command}`) })
  return out
}
