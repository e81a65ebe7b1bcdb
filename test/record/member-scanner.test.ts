import { describe, expect, it } from 'vitest'
import { FieldView } from '../../src/record/field-view.ts'
import { MemberScanner } from '../../src/record/member-scanner.ts'

const wanted = [{ name: 'a' }, { name: 'b' }, { name: 'geo', members: ['lat', 'lon'] }]

/** Within bytes that would go on. */
function scan(text: string, scanner = new MemberScanner(wanted)) {
  const view = new FieldView()
  const bytes = Buffer.from(`1"${text}"}1`)
  view.moveTo(bytes, 2, bytes.length - 3)
  return scanner.scan(view)
}

const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('reading members from bytes', () => {
  it('gives wanted members in the order in which they are wanted', () => {
    expect(scan('{"b":"two","x":[1,{"a":2}],"a":-1.5}')).toEqual([-1.5, 'two', undefined])
    expect(scan(' {\n\t"a" : null ,\r "b":false , "x":{} } ')).toEqual([null, false, undefined])
    expect(scan('{}')).toEqual([undefined, undefined, undefined])
  })

  it('gives the wanted members of an object as a list', () => {
    expect(scan('{"geo":{"lon":2,"name":"pole","lat":90}}')).toEqual([undefined, undefined, [90, 2]])
    expect(scan('{"geo":{}}')).toEqual([undefined, undefined, [undefined, undefined]])
    expect(scan('{"geo":5}')).toEqual([undefined, undefined, 5])
  })

  it('takes the last of members with the same name', () => {
    expect(scan('{"a":1,"b":"x","a":2,"b":null}')).toEqual([2, null, undefined])
  })

  it('reads on whatever order, absence or white space it did not expect', () => {
    const scanner = new MemberScanner(wanted)
    expect(scan('{"x":0,"a":1,"y":0,"b":2}', scanner)).toEqual([1, 2, undefined])
    expect(scan('{"x":0,"a":1,"y":0,"b":2}', scanner)).toEqual([1, 2, undefined])
    expect(scan('{"b":3,"y":0,"a":4,"x":0}', scanner)).toEqual([4, 3, undefined])
    expect(scan('{"x":0,"b":5}', scanner)).toEqual([undefined, 5, undefined])
    expect(scan('{"x" :0,"b" : 6,"aa":1,"ba":1}', scanner)).toEqual([undefined, 6, undefined])
    expect(scan('{"x":0,"a":7', scanner)).toBeUndefined()
    expect(scan('{"x":0,"a', scanner)).toBeUndefined()
  })

  it('reads texts of any length as they are', () => {
    for (const text of ['', 'a', 'twelve chars', 'thirteen char', 'x'.repeat(5_000)])
      expect(scan(`{"b":"${text}","a":"${text}"}`)).toEqual([text, text, undefined])
  })

  it('goes on when there are more names than it remembers', () => {
    const scanner = new MemberScanner(wanted)
    for (let n = 0; n < 1_000; n++) expect(scan(`{"n${n}":0,"a":${n}}`, scanner)).toEqual([n, undefined, undefined])
    expect(scan(`{"${'n'.repeat(100)}":0,"a":1}`, scanner)).toEqual([1, undefined, undefined])
  })

  it.each([
    '0',
    '-0',
    '0.1',
    '-2.5',
    '100.0',
    '51.507351',
    '999999999999999',
    '0.99999999999999',
    '9007199254740993',
    '95.14242627359937',
    '6997.7848286370165',
    '0.1234567890123456789',
    '179769313486231580000000000000000000000',
    '1e3',
    '1.5E-7',
    '5e-324',
    '1e+308',
  ])('reads the number %s as JSON.parse does', (text) => {
    expect(scan(`{"a":${text},"x":${text}}`)).toStrictEqual([JSON.parse(text), undefined, undefined])
  })

  it.each([
    ['a text beyond ASCII', '{"b":"é"}'],
    ['an escape', '{"b":"\\n"}'],
    ['an escape in what is not wanted', '{"x":{"y":"\\n"}}'],
    ['an escaped name', '{"\\u0061":1}'],
    ['a list that is wanted', '{"a":[]}'],
    ['an object of which nothing is wanted', '{"a":{}}'],
    ['a value that is no object', '[{"a":1}]'],
    ['65 levels', `{"x":${lists(64)}}`],
    ['65 levels in an object that is wanted', `{"geo":{"x":${lists(63)}}}`],
  ])('leaves %s to others', (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow()
    expect(scan(text)).toBeUndefined()
  })

  it('reads 64 levels', () => {
    expect(scan(`{"x":${lists(63)}}`)).toEqual([undefined, undefined, undefined])
    expect(scan(`{"geo":{"x":${lists(62)}}}`)).toEqual([undefined, undefined, [undefined, undefined]])
  })

  it.each([
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,"a":1}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a":1]',
    '{"a":1}}',
    '{"a":1} x',
    '{a:1}',
    '{"a":}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":-}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":0x1}',
    '{"a":1-}',
    '{"a":tru}',
    '{"a":truee}',
    '{"a":NaN}',
    '{"b":"\n"}',
    '{"b":"\u0000"}',
    '{"b":"x}',
    '{"x":[1,]}',
    '{"x":[1}',
    '{"x":[1}}',
    '{"x":{"y":1]}',
    '{"x":{"y":01}}',
    '{"b":"\u0010"}',
    '{"x":{"y"}}',
    '{"x":{"y":1,}}',
    '{"geo":{"lat":1,}}',
    '{"geo":{"lat":1]}',
    '{\u00a0}',
    '{\u000b}',
  ])('refuses %j, which is not JSON', (text) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(scan(text)).toBeUndefined()
  })
})
