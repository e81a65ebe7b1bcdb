import { describe, expect, test } from 'vitest'
import { SerdeError } from '../../src/errors.ts'
import { canonicalJson } from '../../src/record/canonical-json.ts'

/** The double with these 64 bits, as RFC 8785 lists its samples. */
const ofBits = (bits: bigint): number => new Float64Array(new BigUint64Array([bits]).buffer)[0]!

describe('examples of RFC 8785', () => {
  test('section 3.2.2 and 3.2.3: numbers, strings, literals, sorted members', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(text))).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  test('section 3.2.3: members are sorted by UTF-16 code units', () => {
    const text = String.raw`{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}`
    expect(Object.values(JSON.parse(canonicalJson(JSON.parse(text))))).toHaveLength(7)
    expect([...canonicalJson(JSON.parse(text)).matchAll(/:"([^"]+)"/g)].map(([, name]) => name)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  test.each([
    [0x0000000000000000n, '0'],
    [0x8000000000000000n, '0'],
    [0x0000000000000001n, '5e-324'],
    [0x8000000000000001n, '-5e-324'],
    [0x7fefffffffffffffn, '1.7976931348623157e+308'],
    [0x4340000000000000n, '9007199254740992'],
    [0xc340000000000000n, '-9007199254740992'],
    [0x4430000000000000n, '295147905179352830000'],
    [0x44b52d02c7e14af5n, '9.999999999999997e+22'],
    [0x44b52d02c7e14af6n, '1e+23'],
    [0x44b52d02c7e14af7n, '1.0000000000000001e+23'],
    [0x444b1ae4d6e2ef4en, '999999999999999700000'],
    [0x444b1ae4d6e2ef4fn, '999999999999999900000'],
    [0x444b1ae4d6e2ef50n, '1e+21'],
    [0x3eb0c6f7a0b5ed8cn, '9.999999999999997e-7'],
    [0x3eb0c6f7a0b5ed8dn, '0.000001'],
    [0x41b3de4355555553n, '333333333.3333332'],
    [0x41b3de4355555557n, '333333333.33333343'],
    [0xbecbf647612f3696n, '-0.0000033333333333333333'],
    [0x43143ff3c1cb0959n, '1424953923781206.2'],
  ])('appendix B: %s is written %s', (bits, text) => {
    expect(canonicalJson(ofBits(bits))).toBe(text)
  })
})

test('sorts members on every level, integer-like names as text', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: { 10: 1, 9: 2, '': 3 } })).toBe(
    '{"a":{"":3,"10":1,"9":2},"b":[{"c":2,"d":1}]}',
  )
})

test('leaves out members without a value', () => {
  expect(canonicalJson({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}')
  expect(canonicalJson({ a: undefined })).toBe('{}')
})

test('escapes members and values alike, short or long', () => {
  const long = 'x'.repeat(40)
  expect(canonicalJson({ 'a"b': `\u007f\u2028${long}\n` })).toBe(`{"a\\"b":"\u007f\u2028${long}\\n"}`)
})

test('treats __proto__ as a member like any other', () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}')
  expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
})

test.each([
  ['NaN', Number.NaN],
  ['infinity', [Infinity]],
  ['minus infinity', { a: -Infinity }],
  ['a bigint', 1n],
  ['undefined', undefined],
  ['undefined in an array', [undefined]],
  ['a hole in an array', new Array(1)],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['a date', new Date(0)],
  ['a map', new Map()],
  ['bytes', Buffer.from('a')],
  ['half a surrogate pair', 'a\ud83d'],
  ['half a surrogate pair as a name', { '\ude00': 1 }],
])('refuses %s', (_, value) => {
  expect(() => canonicalJson(value)).toThrow(SerdeError)
})

test('refuses a value that contains itself', () => {
  const value: Record<string, unknown> = {}
  value.self = [value]
  expect(() => canonicalJson(value)).toThrow(SerdeError)
})
