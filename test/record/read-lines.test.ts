import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { maxLineLength, parseLine, readLines, type TextLine } from '../../src/record/json-lines.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-lines-'))
})

afterAll(() => rm(folder, { recursive: true }))

async function all(path: string, input?: AsyncIterable<Buffer | string>): Promise<TextLine[]> {
  const lines: TextLine[] = []
  for await (const line of readLines(path, input === undefined ? {} : { input })) lines.push(line)
  return lines
}

async function* chunks(...parts: (string | Buffer)[]): AsyncGenerator<string | Buffer> {
  yield* parts
}

const texts = async (...parts: (string | Buffer)[]): Promise<string[]> =>
  (await all('-', chunks(...parts))).map(({ text }) => text)

describe('readLines', () => {
  test('reads a file', async () => {
    const path = join(folder, 'lines.jsonl')
    await writeFile(path, 'a\nb\r\n\nlast')
    expect(await all(path)).toEqual([
      { text: 'a', lineNumber: 1 },
      { text: 'b', lineNumber: 2 },
      { text: '', lineNumber: 3 },
      { text: 'last', lineNumber: 4 },
    ])
  })

  test('reads a file of many chunks', async () => {
    const path = join(folder, 'many.jsonl')
    const lines = Array.from({ length: 20_000 }, (_, i) => `${'é😀'.repeat(i % 40)}${i}`)
    await writeFile(path, lines.join('\n'))
    expect((await all(path)).map(({ text }) => text)).toEqual(lines)
  })

  test.each([
    [[], []],
    [[''], []],
    [['\n'], ['']],
    [['a\n'], ['a']],
    [['\n\n'], ['', '']],
    [
      ['a', 'b\nc', '\n', '\nd'],
      ['ab', 'c', '', 'd'],
    ],
    [
      ['a\r', '\nb\r\n'],
      ['a', 'b'],
    ],
    [['a\rb\n'], ['a\rb']],
    [['\uFEFFa\n\uFEFFb'], ['a', '\uFEFFb']],
  ])('cuts %j into lines', async (parts, lines) => {
    expect(await texts(...parts)).toEqual(lines)
  })

  test('does not cut characters between chunks', async () => {
    const bytes = Buffer.from('é😀\né😀\n')
    expect(await texts(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(['é😀', 'é😀'])
  })

  test('bounds the memory that a line takes', async () => {
    const part = Buffer.alloc(1 << 20, 'x')
    const parts = Array.from({ length: (3 * maxLineLength) / part.length + 4 }, () => part)
    const [long, next] = await all('-', chunks(...parts, 'x\nnext\n'))
    expect(long!.text.length).toBe(3 * (maxLineLength + 1))
    expect(parseLine(long!.text, 1)).toMatchObject({ reason: 'too-large' })
    expect(next).toEqual({ text: 'next', lineNumber: 2 })
  })

  test('says what cannot be read', async () => {
    await expect(all(join(folder, 'nowhere.jsonl'))).rejects.toThrow(ConfigError)
    await expect(all(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/)
  })
})
