import { describe, expect, it } from 'vitest'
import { JsonPayload, type LazyPayload, ReadPayload } from '../../src/record/payload.ts'
import { compilePayloadFieldReader } from '../../src/rules/payload-fields.ts'
import { fieldsOf } from './declared-scope.ts'

const card = fieldsOf({ cardId: 'string', amount: 'double', at: 'timestamp', geo: 'geo' })
const inBytes = (text: string) => new JsonPayload({ value: Buffer.from(text) })

/** As its bytes say, but nobody may make the object. */
const unparsed = (text: string): LazyPayload => {
  const payload = inBytes(text)
  const fail = (): never => {
    throw new Error('the payload was parsed')
  }
  return { read: fail, object: fail, unread: () => payload.unread() }
}

describe("reading an event's fields", () => {
  it('takes them from the bytes of an ordinary value without making its object', () => {
    const read = compilePayloadFieldReader(card)
    const text = '{"amount":-0,"at":"2026-03-01T10:00:00Z","cardId":"c-1","x":[1],"geo":{"lat":51.5,"lon":-0.0}}'
    const values = { cardId: 'c-1', amount: 0, at: 1_772_359_200_000, geo: { lat: 51.5, lon: 0 } }
    expect(read(unparsed(text))).toStrictEqual({ ok: true, values })
  })

  it('gives every declared field in declared order', () => {
    const fields = compilePayloadFieldReader(card)(unparsed('{"geo":null,"amount":1}'))
    expect(Object.keys(fields.ok ? fields.values : {})).toEqual([...card.keys()])
  })

  it('gives places for other names that come beside them', () => {
    const read = compilePayloadFieldReader(fieldsOf({ amount: 'double' }), ['id'])
    expect(read(unparsed('{"amount":1}'))).toStrictEqual({ ok: true, values: { amount: 1, id: undefined } })
  })

  it.each([
    ['escapes', '{"cardId":"c\\u002d1"}'],
    ['letters beyond ASCII', '{"cardId":"c-1","x":"é"}'],
  ])('makes the object for a value with %s', (_, text) => {
    const payload = inBytes(text)
    expect(compilePayloadFieldReader(card)(payload)).toMatchObject({ ok: true, values: { cardId: 'c-1' } })
    expect(payload.unread()).toBeUndefined()
  })

  it('reads the object where there is one already, and lists', () => {
    const read = compilePayloadFieldReader(card)
    expect(read(new ReadPayload({ amount: 5 }))).toMatchObject({ ok: true, values: { amount: 5 } })
    const payload = inBytes('{"amount":5}')
    payload.read()
    expect(payload.unread()).toBeUndefined()
    expect(read(payload)).toMatchObject({ ok: true, values: { amount: 5 } })
    const readTags = compilePayloadFieldReader(fieldsOf({ tags: 'list<string>' }))
    expect(readTags(inBytes('{"tags":["a"]}'))).toEqual({ ok: true, values: { tags: ['a'] } })
  })

  it('says what is wrong with what cannot be read, as the object shows it', () => {
    const read = compilePayloadFieldReader(card)
    expect(read(inBytes('{"amount":1'))).toMatchObject({ ok: false, reason: 'not-json' })
    expect(read(inBytes('[]'))).toMatchObject({ ok: false, reason: 'payload-not-object' })
    expect(read(new JsonPayload({ value: null }))).toMatchObject({ ok: false, reason: 'payload-not-object' })
    expect(read(inBytes('{"amount":1e400,"geo":{"lat":91,"lon":0}}'))).toEqual({
      ok: false,
      reason: 'wrong-type',
      detail:
        'amount should be double, found a number that is not finite; geo.lat should be degrees, found a number out of range',
    })
    expect(read(inBytes('{"geo":[1,2]}'))).toEqual({
      ok: false,
      reason: 'wrong-type',
      detail: 'geo should be geo, found a list',
    })
  })
})
