import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonPayload } from '../../../src/record/payload.ts'
import { compileFieldReader } from '../../../src/rules/fields.ts'
import { compilePayloadFieldReader } from '../../../src/rules/payload-fields.ts'
import { fieldsOf } from '../../rules/declared-scope.ts'
import { runs } from '../record/runs.ts'

const declared = fieldsOf({
  cardId: 'string',
  amount: 'double',
  count: 'int',
  ok: 'bool',
  at: 'timestamp',
  geo: 'geo',
  lat: 'double',
  constructor: 'string',
})

const space = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', ' ') },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 4 }) },
)
const spaced = (...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts.flatMap((part) => [space, part]), space).map((texts) => texts.join(''))
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 20 })
const orNothing = (part: fc.Arbitrary<string>) => fc.option(part, { nil: '' })

const numberText = fc.oneof(
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  { weight: 3, arbitrary: fc.integer().map(String) },
  { weight: 3, arbitrary: fc.integer({ min: -20_000_000, max: 20_000_000 }).map((micros) => String(micros / 1e6)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('-0', '0', '-0.0', '0e0', '9007199254740993', '123456789012345', '1234567890123456'),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.oneof(
          fc.constant('0'),
          digits.map((text) => text.replace(/^0+(?=\d)/, '')),
        ),
        orNothing(digits.map((text) => `.${text}`)),
        orNothing(
          fc
            .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.nat(330))
            .map((parts) => parts.join('')),
        ),
      )
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('1e400', '01', '-', '+1', '1.', '.5', '1e', '1e+', '--1', '0x1', 'NaN', '1.5.5', '1_0'),
  },
)

/** Every letter as `\u…`. */
const escaped = (text: string) =>
  `"${[...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`

const stringOf = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 9, arbitrary: text.map((plain) => JSON.stringify(plain)) },
    { weight: 1, arbitrary: text.map(escaped) },
  )
const stringText = fc.oneof(
  { weight: 4, arbitrary: stringOf(fc.constantFrom('card-1', 'card-22', '', 'a text of more than twelve letters')) },
  { weight: 2, arbitrary: stringOf(fc.string({ maxLength: 30 })) },
  { weight: 1, arbitrary: stringOf(fc.string({ unit: 'binary', maxLength: 8 })) },
  {
    weight: 2,
    arbitrary: stringOf(fc.constantFrom('2026-03-01T10:00:00Z', '2026-03-01T10:00:00.5+01:00', '2026-03-01')),
  },
)

const nameText = (usual: readonly string[]) =>
  fc.oneof(
    { weight: 12, arbitrary: stringOf(fc.constantFrom(...usual)) },
    {
      weight: 1,
      arbitrary: stringOf(fc.constantFrom('__proto__', 'toString', '', 'é', 'cardI', 'cardIdd', 'x'.repeat(80))),
    },
    { weight: 1, arbitrary: stringText },
  )

const list = (items: readonly string[], open: string, close: string) => `${open}${items.join(',')}${close}`
const object = (names: fc.Arbitrary<string>, value: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(spaced(names, fc.constant(':'), value), { maxLength }).map((members) => list(members, '{', '}'))

const invalid = fc.constantFrom('nul', 'True', '', "'a'", '[1,]', '{"a":1,}', '{,}', '[}', '{"a"}')
const word = fc.constantFrom('true', 'false', 'null')
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 4, arbitrary: numberText },
    { weight: 4, arbitrary: stringText },
    { weight: 4, arbitrary: word },
    { weight: 1, arbitrary: invalid },
    { weight: 3, arbitrary: fc.array(spaced(tie('value')), { maxLength: 3 }).map((items) => list(items, '[', ']')) },
    { weight: 3, arbitrary: object(nameText(['lat', 'lon', 'name']), tie('value'), 3) },
  ),
}))
const coordinate = fc.double({ min: -91, max: 91, noNaN: true }).map(String)
const geo = object(nameText(['lat', 'lon', 'lon']), fc.oneof({ weight: 5, arbitrary: coordinate }, value), 4)
const nested = fc
  .tuple(fc.integer({ min: 60, max: 68 }), fc.constantFrom('{"a":', '['))
  .map(([depth, open]) => `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`)

/** A value that mostly fits its field. */
const member = fc.oneof(
  ...(
    [
      ['cardId', stringText],
      ['amount', numberText],
      ['count', fc.oneof(fc.integer().map(String), numberText)],
      ['ok', word],
      ['at', fc.oneof(stringText, fc.integer().map(String))],
      ['geo', geo],
      ['lat', numberText],
      ['constructor', stringText],
      ['other', fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: nested })],
    ] as const
  ).map(([name, fitting]) =>
    spaced(
      nameText([name]),
      fc.constant(':'),
      fc.oneof({ weight: 15, arbitrary: fitting }, { weight: 1, arbitrary: value }),
    ),
  ),
)
const objectText = spaced(fc.array(member, { maxLength: 9 }).map((members) => list(members, '{', '}')))

const mutation = fc.record({
  at: fc.nat(10_000),
  what: fc.constantFrom('flip', 'delete', 'insert'),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('"\\{}[],:0-.e \n\t\0ntf')), fc.integer({ min: 0, max: 255 })),
})

function mutated(text: string, mutations: readonly { at: number; what: string; byte: number }[]): Buffer {
  const bytes = [...Buffer.from(text)]
  for (const { at, what, byte } of mutations) {
    const place = at % (bytes.length + 1)
    if (what === 'insert') bytes.splice(place, 0, byte)
    else if (what === 'delete') bytes.splice(place, 1)
    else bytes.splice(place, 1, (bytes[place] ?? 0) ^ (1 << (byte & 7)))
  }
  return Buffer.from(bytes)
}

const valueBytes = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(objectText, fc.constant([])) },
  { weight: 4, arbitrary: fc.tuple(objectText, fc.array(mutation, { minLength: 1, maxLength: 3 })) },
  { weight: 1, arbitrary: fc.tuple(spaced(value), fc.constant([])) },
)

/** By way of the whole object. */
function fieldsByObject(bytes: Buffer) {
  const object = new JsonPayload({ value: bytes }).read()
  if (!object.ok) return object
  const { values, misfits } = compileFieldReader(declared)(object.value)
  return misfits.length === 0
    ? { ok: true, values }
    : { ok: false, reason: 'wrong-type', detail: misfits.map(({ message }) => message).join('; ') }
}

test('fields read from bytes are those of the object in them, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.array(valueBytes, { minLength: 1, maxLength: 6 }), (written) => {
      const read = compilePayloadFieldReader(declared)
      for (const [text, mutations] of written) {
        const value = mutated(text, mutations)
        const before = Buffer.from('"0')
        const bytes = Buffer.concat([before, value, Buffer.from('"}0')])
        const inPlace = {
          viewKey: () => false,
          viewHeader: () => false,
          viewValue(view: { moveTo(bytes: Buffer, from: number, to: number): void }) {
            view.moveTo(bytes, before.length, before.length + value.length)
            return true
          },
        }
        const fields = read(new JsonPayload({ value, inPlace }))
        const expected = fieldsByObject(value)
        expect(fields).toStrictEqual(expected)
        expect(JSON.stringify(fields)).toBe(JSON.stringify(expected))
      }
    }),
    runs(4_000),
  )
})
