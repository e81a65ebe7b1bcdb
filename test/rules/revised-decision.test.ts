import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/record/canonical-json.ts'
import { macOf } from '../../src/record/signature.ts'
import { signedBy } from '../../src/rules/authenticity.ts'
import { revisedDecision } from '../../src/rules/revised-decision.ts'

describe('a revised decision', () => {
  const macSecret = Buffer.alloc(32, 1)
  const decision = {
    topic: 'main',
    partition: 2,
    key: Buffer.from('k'),
    value: Buffer.from('{"decisionId":"d:2:7","score":1,"truncated":["r"]}'),
    headers: {
      kind: Buffer.from('decision'),
      id: Buffer.from('d:2:7'),
      traceparent: Buffer.from('t'),
      mac: Buffer.from('old'),
    },
  }
  const revised = revisedDecision(decision, 4, signedBy('weir', { publicKeys: new Map(), macSecret }))

  it('is canonical, with an id of its own and the one that it supersedes', () => {
    expect(String(revised.value)).toBe('{"decisionId":"r:4:d:2:7","score":1,"supersedes":"d:2:7","truncated":["r"]}')
    expect(canonicalJson(JSON.parse(String(revised.value)))).toBe(String(revised.value))
    expect(String(revised.headers['id'])).toBe('r:4:d:2:7')
  })

  it('keeps place, key and trace, and carries the code of the application over what it is now', () => {
    expect(revised).toMatchObject({ topic: 'main', partition: 2, key: decision.key })
    expect(String(revised.headers['traceparent'])).toBe('t')
    expect(revised.headers['mac']).toEqual(
      macOf(macSecret, { key: decision.key, id: 'r:4:d:2:7', value: revised.value }),
    )
  })
})
