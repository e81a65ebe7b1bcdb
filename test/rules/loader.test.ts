import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RuleSetError } from '../../src/errors.ts'
import { loadRuleFiles, loadRuleSet } from '../../src/rules/loader.ts'
import { limits } from '../../src/rules/loading/read-tree.ts'
import { issuesOf, load, place, unmark } from './marked.ts'

const example = await readFile(new URL('contract-example.yaml', import.meta.url), 'utf8')

const hashes = (...texts: string[]): string =>
  loadRuleFiles(texts.map((text, index) => ({ path: `${index}.yaml`, text }))).hash

describe('loading a rule set', () => {
  it('loads the example of the contract whole', () => {
    const set = load(example)
    expect([...set.events.keys()]).toEqual([
      'card.authorised',
      'session.login',
      'twofa.confirmed',
      'password.reset',
      'withdrawal.requested',
      'feature.device_users',
    ])
    expect(set.rules.map(({ id }) => id)).toEqual([
      'two-outlets-ten-minutes',
      'card-testing',
      'spend-spike',
      'large-for-balance',
      'login-without-2fa',
      'shared-device',
    ])
    expect(set.features.get('base_30d')?.window).toEqual({ fromMs: 31 * 86_400_000, toMs: 86_400_000 })
    expect(set.features.get('declines_2m')?.include).toBe('prior')
    expect(set.features.get('device_users')).toMatchObject({ scope: 'global', type: 'double' })
    expect(set.tables.get('cards')?.on?.reads).toEqual(['e.cardId'])
    expect(set.tests[0]?.events.map(({ timeMs }) => timeMs - Date.UTC(2026, 0, 1))).toEqual([0, 480_000])
    expect(set.hash).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('fills in defaults', () => {
    const set = load('events: {card: {}}\nrules: [{id: r, event: card, when: 1 > 0, then: {outcome: block, score: 1}}]')
    expect(set.options).toEqual({
      graceMs: 3_600_000,
      emit: 'all',
      onLate: 'review',
      maxAheadMs: 600_000,
      dataDedupeMs: 604_800_000,
      tickAfterMs: 1_000,
    })
    expect(set.events.get('card')).toMatchObject({ dedupe: true })
    expect(set.rules[0]).toMatchObject({ mode: 'live', tags: [], source: { file: 'rules.yaml', line: 2, column: 14 } })
  })

  it('reads the long form of an event, and that of a field', () => {
    const { events } = load('events: {card: {dedupe: off, fields: {id2: {type: list<string>, pii: true}}}}')
    expect(events.get('card')?.dedupe).toBe(false)
    expect(events.get('card')?.fields.get('id2')).toEqual({ kind: 'list', element: 'string', pii: true })
    expect(load('events: {card: {fields: string}}').events.get('card')?.fields.get('fields')?.kind).toBe('string')
  })

  it('builds a sequence with everything that one can have', () => {
    const { rules } = load(`${'events: {a: {k: string, n: double}, b: {k: string}}'}
rules:
- id: s
  maxCandidates: 5
  mode: shadow
  owner: me
  tags: [x]
  expires: 2026-12-31
  sequence:
    by: e.k
    within: 1h
    steps:
    - one: a
      where: e.n > 1 && one.n > 1
    - not: b
      where: e.k != one.k
      for: 30m
    - two: a
      where: two.n > one.n
    - not: b
      for: 1h
  then: {outcome: challenge, score: 0.5, reason: "{two.n} after {one.n} at {e.time} of {key}"}
`)
    const [rule] = rules
    if (rule?.kind !== 'sequence') throw new Error('the rule is a sequence')
    expect(rule).toMatchObject({
      withinMs: 3_600_000,
      anyOrder: false,
      maxCandidates: 5,
      mode: 'shadow',
      expiresAtMs: Date.UTC(2027, 0, 1),
    })
    const steps = rule.steps.map(({ kind, event, ...step }) => [kind, event, 'forMs' in step ? step.forMs : undefined])
    expect(steps).toEqual([
      ['event', 'a', undefined],
      ['not', 'b', 1_800_000],
      ['event', 'a', undefined],
      ['not', 'b', 3_600_000],
    ])
    expect(rule.then.reason?.render({ one: { n: 1 }, two: { n: 2 }, e: { time: 5 }, key: 'k' })).toBe(
      '2 after 1 at 5 of k',
    )
  })

  it('knows the personal values that a feature shows', () => {
    const { features } = load(`events: {card: {name: {type: string, pii: true}, n: double}}
features:
  who: {event: card, agg: last, value: e.name, window: 1h}
  names: {event: card, agg: distinct, value: e.name, window: 1h}
  lastN: {event: card, agg: last, value: e.n, window: 1h}
`)
    expect([...features.values()].map(({ name, type, pii }) => [name, type, pii])).toEqual([
      ['who', 'string', true],
      ['names', 'double', false],
      ['lastN', 'double', false],
    ])
  })

  it('wraps a row of a test into an envelope, and leaves an envelope as it is', () => {
    const { tests } = load(`events: {card: {}}
tables: {c: {from: public.c, fields: {op: string}}}
tests:
- name: n
  start: 2026-03-01T00:00:00+01:00
  events:
  - {t: 1m, key: k, public.c: {id: k}}
  - {t: 2m, key: k, public.c: {op: d, before: {id: k}, after: null}}
  - {t: "2026-03-01T00:00:00Z", key: k, id: x, card: {}}
  - {t: 2h, tick: {}}
  expect: [{event: 3, decided: false}]
`)
    expect(tests[0]?.events.map(({ kind, payload }) => [kind, payload])).toEqual([
      ['data', { op: 'u', before: null, after: { id: 'k' } }],
      ['data', { op: 'd', before: { id: 'k' }, after: null }],
      ['business', {}],
      ['control', {}],
    ])
    const startMs = Date.UTC(2026, 1, 28, 23)
    expect(tests[0]?.events.map(({ timeMs }) => timeMs - startMs)).toEqual([60_000, 120_000, 3_600_000, 7_200_000])
  })

  it('warns only of what it is told the time for', () => {
    const text =
      'events: {card: {}}\nrules: [{id: r, event: card, when: has(e.id), expires: 2026-05-31, then: {outcome: block, score: 1}}]'
    const at = (nowMs: number) => loadRuleFiles([{ path: 'a.yaml', text }], { nowMs }).warnings.length
    expect(load(text).warnings).toEqual([])
    expect(at(Date.UTC(2026, 4, 31, 23, 59, 59, 999))).toBe(0)
    expect(at(Date.UTC(2026, 5, 1))).toBe(1)
  })
})

describe('the hash of a rule set', () => {
  const halves = [
    'events: {card: {amount: double}, login: {}}\nfeatures: {n: {event: card, agg: count, window: 60s}}\n',
    'rules:\n- {id: b, event: card, when: f.n > 1, then: {outcome: block, score: 1}}\n- {id: a, event: login, when: 2 > 1, then: {score: 2, outcome: review}}\n',
  ] as const
  const whole = hashes(halves.join(''))

  it.each([
    ['the split into files', hashes(...halves)],
    ['the order of files', hashes(halves[1], halves[0])],
    ['comments', hashes(`# a comment\n${halves.join('\n# another\n')}`)],
    [
      'the order of keys',
      hashes(
        `features: {n: {window: 60s, agg: count, event: card}}\nevents: {login: {}, card: {amount: double}}\n${halves[1]}`,
      ),
    ],
    [
      'defaults that are written',
      hashes(`version: 1\noptions: {grace: 1h}\n${halves.join('').replace('60s', '60s, include: current')}`),
    ],
    ['another way to write a duration', hashes(halves.join('').replace('60s', '1m'))],
    ['the file format', hashes(JSON.stringify(JSON.parse(load(halves.join('')).canonical), null, '\t'))],
    ['tests', hashes(`${halves.join('')}tests: [{name: n, events: [], expect: []}]`)],
  ])('does not depend on %s', (_what, hash) => {
    expect(hash).toBe(whole)
  })

  it.each([
    ['a condition', 'f.n > 1', 'f.n > 2'],
    ['a score', 'score: 2', 'score: 3'],
    ['a window', '60s', '61s'],
    ['a field', 'amount: double', 'amount: int'],
    ['a mode', 'id: a', 'id: a, mode: shadow'],
    ['a description', 'id: a', 'id: a, describe: x'],
  ])('depends on %s', (_what, from, to) => {
    expect(hashes(halves.join('').replace(from, to))).not.toBe(whole)
  })

  it('is that of the canonical form, which loads to the same rule set', () => {
    const set = load(example)
    const again = loadRuleFiles([{ path: 'canonical.json', text: set.canonical }])
    expect(again.canonical).toBe(set.canonical)
    expect(again.hash).toBe(set.hash)
  })
})

describe('several rule files', () => {
  it('point at both places of a name that is there twice', () => {
    const issues = issuesOf([
      { path: 'b.yaml', text: 'events:\n  card: {}\n' },
      { path: 'a.yaml', text: 'events: {card: {}}\noptions: {grace: 1h}\n' },
      { path: 'c.yaml', text: 'options: {grace: 1h}\n' },
    ])
    expect(issues.map((issue) => [issue.file, place(issue), issue.message])).toEqual([
      ['b.yaml', '2:3', 'card is there twice, first at a.yaml:1:10'],
      ['c.yaml', '1:11', 'grace is there twice, first at a.yaml:2:11'],
    ])
  })

  it('report all problems at once, by file and place', () => {
    const issues = issuesOf([
      { path: 'b.yaml', text: 'rules:\n- {id: r, event: crad, when: e.x, then: {outcome: blok, score: 1}}\n' },
      { path: 'a.yaml', text: 'events: {card: {x: strin}}\nfeatures: {x: {event: card}}\n' },
    ])
    expect(issues.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'a.yaml unknown-field-type',
      'a.yaml missing-key',
      'a.yaml missing-key',
      'b.yaml unknown-event',
      'b.yaml unknown-value',
    ])
  })

  it('do not report every name of a file that cannot be read', () => {
    const issues = issuesOf([
      { path: 'a.yaml', text: 'events: {card: {}' },
      { path: 'b.yaml', text: 'rules: [{id: r, event: card, when: 1 > 2, then: {outcome: block, score: 1}}]' },
    ])
    expect(issues.map(({ code }) => code)).toEqual(['yaml-syntax'])
  })
})

describe('a position within a text', () => {
  const head =
    'events: {card: {amount: double}}\nrules:\n- id: r\n  event: card\n  then: {outcome: block, score: 1}\n  when: '
  it.each([
    ['plain', 'e.amount > 1 && e.§x > 2'],
    ['in single quotes', '\'"it\'\'s" == "" && e.§x > 2\''],
    ['in double quotes', "\"'\\\"\\u0041\\\\t' == '' && e.§x > 2\""],
    ['over several lines', 'e.amount > 1\n    && e.§x > 2'],
    ['in double quotes over several lines', '"e.amount > 1 \\\n    && e.§x > 2"'],
    ['folded', '>-\n    e.amount > 1\n    && e.§x > 2'],
    ['literal', '|\n    e.amount > 1\n      && e.§x > 2\n'],
    ['literal after a comment', '| # a comment\n\n    e.amount > 1 &&\n    e.§x > 2\n'],
    ['behind an anchor', '&a e.§x > 2'],
  ])('%s is exact', (_what, condition) => {
    const { text, at } = unmark(head + condition)
    expect(issuesOf([{ path: 'a.yaml', text }]).map((issue) => `${issue.code} ${place(issue)}`)).toEqual([
      `unknown-field ${at}`,
    ])
  })

  it('is exact in JSON indented with tabs, and with Windows line ends', () => {
    const json = unmark(
      '{\n\t"events": {"card": {}},\n\t"rules": [\n\t\t{"id": "r", "event": "card", "when": "e.§x", "then": {"outcome": "block", "score": 1}}\n\t]\n}',
    )
    expect(issuesOf([{ path: 'a.json', text: json.text }]).map(place)).toEqual([json.at])
    const windows = unmark(`${head}e.§x\n`.replaceAll('\n', '\r\n'))
    expect(issuesOf([{ path: 'a.yaml', text: windows.text }]).map(place)).toEqual([windows.at])
  })
})

describe('a file that is made to hurt', () => {
  it('is bounded in what its aliases stand for', () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(12)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    )
    expect(issuesOf([{ path: 'a.yaml', text: lines.join('\n') }])).toMatchObject([{ code: 'too-many-values' }])
  })

  it('is not followed to any depth', () => {
    for (const text of ['['.repeat(100_000), '- '.repeat(100_000), '{a: '.repeat(50_000), '? '.repeat(50_000)]) {
      expect(issuesOf([{ path: 'a.yaml', text }]).length).toBeGreaterThan(0)
    }
  })

  it('may hold many aliases', () => {
    const items = Array(20_000).fill('*a').join(', ')
    expect(
      issuesOf([{ path: 'a.yaml', text: `lists: {x: {items: [&a v, ${items}]}}` }]).map(({ code }) => code),
    ).toEqual(['unused-list'])
  })

  it('cannot reach the prototype of objects', () => {
    const text = '{"events": {"card": {"__proto__": "string", "constructor": "string"}}}'
    expect(issuesOf([{ path: 'a.json', text }]).map(({ code }) => code)).toEqual(['bad-name'])
    expect(load('events: {constructor: {toString: string}}').events.get('constructor')?.fields.size).toBe(1)
    expect(issuesOf([{ path: 'a.yaml', text: 'constructor: 1\ntoString: 2' }]).map(({ code }) => code)).toEqual([
      'unknown-key',
      'unknown-key',
    ])
  })

  it('cannot be larger than the bound in bytes', () => {
    const text = `# ${'é'.repeat(limits.fileBytes / 2)}`
    expect(issuesOf([{ path: 'a.yaml', text }])).toMatchObject([{ code: 'file-too-large' }])
  })
})

describe('a directory of rule files', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'weir-rules-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('is read by file names, without other files and folders in it', async () => {
    const folder = join(directory, 'good')
    await mkdir(join(folder, 'more'), { recursive: true })
    await writeFile(join(folder, 'b.yml'), 'rules: [{id: b, event: x, when: 2 > 1, then: {outcome: block, score: 1}}]')
    await writeFile(join(folder, 'a.yaml'), 'rules: [{id: a, event: x, when: 3 > 1, then: {outcome: block, score: 1}}]')
    await writeFile(join(folder, 'c.json'), '\ufeff{"events": {"x": {}}}')
    await writeFile(join(folder, 'notes.txt'), 'not a rule file')
    await writeFile(join(folder, 'more', 'd.yaml'), 'nonsense: true')
    const set = await loadRuleSet(folder)
    expect(set.rules.map(({ id, source }) => [id, source.file])).toEqual([
      ['a', join(folder, 'a.yaml')],
      ['b', join(folder, 'b.yml')],
    ])
  })

  it('must be there, and hold rule files in UTF-8', async () => {
    const codes = async (folder: string) =>
      loadRuleSet(folder).then(
        () => [],
        (error: unknown) => (error instanceof RuleSetError ? error.issues.map(({ code }) => code) : [String(error)]),
      )
    expect(await codes(join(directory, 'nowhere'))).toEqual(['file-unreadable'])
    expect(await codes(directory)).toEqual(['no-rule-files'])
    await mkdir(join(directory, 'latin'))
    await writeFile(join(directory, 'latin', 'a.yaml'), Buffer.from([0x23, 0xe9]))
    expect(await codes(join(directory, 'latin'))).toEqual(['file-unreadable'])
    await mkdir(join(directory, 'folder', 'a.yaml'), { recursive: true })
    expect(await codes(join(directory, 'folder'))).toEqual(['file-unreadable'])
  })
})
