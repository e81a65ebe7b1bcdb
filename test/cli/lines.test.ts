import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { UsageError } from '../../src/cli/failure.ts'
import { linesOf } from '../../src/cli/lines.ts'

async function lines(...chunks: (string | Buffer)[]) {
  const all = []
  for await (const some of linesOf(
    '-',
    Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    ),
  ))
    all.push(...some)
  return all
}

it('numbers lines from 1, whatever the chunks, and does not need a last line end', async () => {
  expect(await lines('a\nb', 'c\n', '\r\n \nd')).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: 'bc' },
    { number: 5, text: 'd' },
  ])
})

it('takes CRLF for a line end', async () => {
  expect(await lines('a\r', '\nb\r\n')).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: 'b' },
  ])
})

it('does not break characters apart', async () => {
  const bytes = Buffer.from('é€😀')
  expect(await lines(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual([{ number: 1, text: 'é€😀' }])
})

it('says what is wrong with a file that cannot be read', async () => {
  const reading = linesOf('/nowhere.jsonl', Readable.from([]))
  await expect(reading.next()).rejects.toThrow(UsageError)
  await expect(linesOf('/', Readable.from([])).next()).rejects.toThrow('it is a folder')
})
