import { describe, expect, it } from 'vitest'
import { FieldView } from '../../src/record/field-view.ts'
import { InternedTexts } from '../../src/record/interned.ts'

describe('interned texts', () => {
  it('give each text back, however many share a place', () => {
    const texts = new InternedTexts()
    const names = Array.from({ length: 2_000 }, (_, n) => `type.${n}.ä${'x'.repeat(n % 90)}`)
    for (const round of [1, 2]) {
      for (const name of names)
        expect(`${round} ${texts.read(new FieldView(Buffer.from(name)))}`).toBe(`${round} ${name}`)
    }
  })

  it('do not change when the bytes that were read are written over', () => {
    const texts = new InternedTexts()
    const bytes = Buffer.from('card.authorised')
    texts.read(new FieldView(bytes))
    bytes.fill('x')
    expect(texts.read(new FieldView(Buffer.from('card.authorised')))).toBe('card.authorised')
    expect(texts.read(new FieldView(bytes))).toBe('x'.repeat(15))
  })

  it('are undefined for bytes that are not UTF-8, each time', () => {
    const texts = new InternedTexts()
    for (const bytes of [Buffer.from([0xff]), Buffer.from([0xff]), Buffer.alloc(100, 0xff)]) {
      expect(texts.read(new FieldView(bytes))).toBeUndefined()
    }
    expect(texts.read(new FieldView(Buffer.alloc(0)))).toBe('')
  })
})
