import { describe, expect, test } from 'vitest'
import { SerdeError } from '../../src/errors.ts'
import { JsonPayload, maxPayloadDepth, PayloadError } from '../../src/record/payload.ts'

const read = (value: string | Buffer | null) =>
  new JsonPayload({ value: typeof value === 'string' ? Buffer.from(value) : value }).read()
const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

describe('a payload', () => {
  test('is parsed once', () => {
    const payload = new JsonPayload({ value: Buffer.from('{"a":1}') })
    expect(payload.object()).toBe(payload.object())
  })

  test.each([
    ['no value', null, 'payload-not-object'],
    ['no bytes', '', 'not-json'],
    ['text', 'amount=25', 'not-json'],
    ['half an object', '{"a":', 'not-json'],
    ['an array', '[1]', 'payload-not-object'],
    ['null', 'null', 'payload-not-object'],
    ['a number', '25', 'payload-not-object'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]), 'not-json'],
    ['NaN', '{"a":NaN}', 'not-json'],
    ['65 levels', nested(maxPayloadDepth + 1), 'too-deep'],
    ['two million open brackets', '['.repeat(2_000_000), 'too-deep'],
    ['two million levels', '[{"a":'.repeat(1_000_000), 'too-deep'],
  ])('of %s says why it cannot be read', (_, value, reason) => {
    expect(read(value)).toMatchObject({ ok: false, reason })
  })

  test('that cannot be read throws a serde error with the reason', () => {
    const payload = new JsonPayload({ value: Buffer.from('[]') })
    expect(() => payload.object()).toThrow(PayloadError)
    expect(() => payload.object()).toThrow(SerdeError)
    expect(() => payload.object()).toThrow(expect.objectContaining({ reason: 'payload-not-object' }))
  })

  test('may nest 64 levels deep, and hold any number of brackets in strings and side by side', () => {
    expect(read(nested(maxPayloadDepth)).ok).toBe(true)
    expect(read(`{"a":"${'['.repeat(100)}\\"${'{'.repeat(100)}\\\\"}`).ok).toBe(true)
    expect(read(`{"a":[${Array.from({ length: 200 }, () => '{}').join()}]}`).ok).toBe(true)
  })

  test('does not lay its text open when it is not JSON', () => {
    for (const value of ['{"pan":"4111" x}', '4111x', '{"a":4111x}', '4111 1111']) {
      const result = read(value)
      expect(result).toMatchObject({ ok: false, reason: 'not-json' })
      expect(JSON.stringify(result)).not.toMatch(/4111|pan/)
    }
    expect(read('{"pan":"4111" x}')).toMatchObject({ detail: 'the value is not JSON from character 14 on' })
  })

  test('treats __proto__ as data', () => {
    const result = read('{"__proto__":{"admin":true}}')
    if (!result.ok) expect.unreachable()
    expect(Object.keys(result.value)).toEqual(['__proto__'])
    expect(result.value.admin).toBeUndefined()
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })

  test('takes the last of members with the same name', () => {
    expect(read('{"a":1,"a":2}')).toEqual({ ok: true, value: { a: 2 } })
  })

  test('reads half a surrogate pair as U+FFFD, a whole one as it is', () => {
    expect(read(String.raw`{"cut\ud83d":["\uDE00",{"b":"\ud83d\ude00"}],"n":null}`)).toEqual({
      ok: true,
      value: { 'cut\uFFFD': ['\uFFFD', { b: '😀' }], n: null },
    })
  })

  test('may hold the replacement character itself', () => {
    expect(read('{"a":"\uFFFD"}')).toEqual({ ok: true, value: { a: '\uFFFD' } })
  })
})
