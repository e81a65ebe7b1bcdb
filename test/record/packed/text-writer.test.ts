import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TextWriter } from '../../../src/record/packed/text-writer.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 20, maxLength: 200 }))
const piece = fc.oneof(
  text.map((any) => ({ write: (out: TextWriter) => out.text(any.toWellFormed()), is: any.toWellFormed() })),
  text.map((any) => ({ write: (out: TextWriter) => out.quoted(any), is: JSON.stringify(any) })),
  fc
    .oneof(fc.maxSafeInteger(), fc.nat(), fc.constantFrom(0, 9, 10, 999_999_999, 1_000_000_000, 1e15, -1))
    .map((any) => ({ write: (out: TextWriter) => out.integer(any), is: String(any) })),
  text.map((any) => ({ write: (out: TextWriter) => out.raw(Buffer.from(any)), is: any.toWellFormed() })),
  fc.constantFrom('y'.repeat(90_000)).map((any) => ({ write: (out: TextWriter) => out.text(any), is: any })),
)

it('writes each piece behind the other, and leaves what was begun before', () => {
  const out = new TextWriter()
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), (first, second) => {
      const written = [first, second].map((pieces) => {
        out.begin()
        for (const { write } of pieces) write(out)
        const { bytes, start, at } = out
        return () => bytes.toString('utf8', start, at)
      })
      expect(written.map((read) => read())).toEqual(
        [first, second].map((pieces) => pieces.map(({ is }) => is).join('')),
      )
    }),
    { numRuns: 300 },
  )
})
