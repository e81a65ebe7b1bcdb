import { describe, expect, it } from 'vitest'
import { compileTemplate, printNumber } from '../../src/rules/template.ts'
import { cardScope } from './declared-scope.ts'

const scope = {
  e: { amount: 1234.5, status: 'declined', name: 'Ann', ok: true, geo: { lat: 51.5, lon: -0.128 }, tags: ['a', 'b'] },
  key: 'k',
}

const rendered = (text: string) => compileTemplate(text, cardScope).template?.render(scope)

describe('a reason', () => {
  it.each([
    ['{e.amount} declined', '1234.5 declined'],
    ['{e.amount / 3}', '411.5'],
    ['{1 / 3} and {2 / 3}', '0.33 and 0.67'],
    ['{e.status}, {e.ok}, {e.geo}, {e.tags}', 'declined, true, 51.5,-0.13, a, b'],
    ['no expression', 'no expression'],
    ['', ''],
    ['{{e.amount}} and }}', '{e.amount} and }'],
    ['a } alone', 'a } alone'],
    ["{e.status + '}{'}", 'declined}{'],
    ["{e.status + '\\'}'}", "declined'}"],
    ['{f.spend}', '?'],
    ['{e.count > 1 || e.ok}', 'true'],
    ['{e.name}', '***'],
    ["{e.name + '!'}", '***'],
    ["{e.name == 'Ann'}", '***'],
    ['{a.name}', '?'],
    ['{1 / 0}', 'Infinity'],
  ])('renders %s as %s', (text, expected) => {
    expect(rendered(text)).toBe(expected)
  })

  it.each([
    [0, '0'],
    [-0, '0'],
    [-0.001, '0'],
    [100, '100'],
    [1e6, '1000000'],
    [0.125, '0.13'],
    [-0.125, '-0.13'],
    [0.375, '0.38'],
    [2.5, '2.5'],
    [212.449, '212.45'],
    // A little less than its decimals say.
    [1.005, '1'],
    [99.999, '100'],
    [1e21, '1000000000000000000000'],
    [2 ** 53, '9007199254740992'],
    [5e-324, '0'],
  ])('prints %d as %s', (value, expected) => {
    expect(printNumber(value)).toBe(expected)
  })

  it('says what it reads', () => {
    const { template } = compileTemplate("{e.amount} {f.spend} {e.amount} {inList('blocked', key)}", cardScope)
    expect(template?.reads).toEqual(['e.amount', 'f.spend', 'key'])
    expect(template?.lists).toEqual(['blocked'])
  })

  it('reports every problem at its position in the text', () => {
    const text = 'a {e.amont} b {f.spend +} c {d'
    const { template, problems } = compileTemplate(text, cardScope)
    expect(template).toBeUndefined()
    expect(problems.map(({ code, start }) => [code, start])).toEqual([
      ['unknown-field', text.indexOf('amont')],
      ['expression-syntax', text.indexOf('+}') + 1],
      ['template-open', text.lastIndexOf('{')],
    ])
  })
})
