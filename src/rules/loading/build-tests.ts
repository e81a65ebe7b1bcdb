import { parseDuration } from '../../time/duration.ts'
import { formatEventTime, parseEventTime } from '../../time/event-time.ts'
import type { TestDef, TestEvent, TestExpectation } from '../rule-set.ts'
import { type ExpectationShape, expectationSchema, testEventSchema, testSchema } from '../schema.ts'
import { suggestion } from '../suggest.ts'
import { sourceOf } from './issues.ts'
import { FirstPlaces, type Names, sound } from './names.ts'
import { reportTwice } from './sections.ts'
import { checkShape } from './shape.ts'
import { entryOf, plain, type Tree } from './tree.ts'

const defaultStart = '2026-01-01T00:00:00Z'

export function buildTests(trees: readonly Tree[], ruleIds: ReadonlySet<string>, names: Names): TestDef[] {
  const places = new FirstPlaces()
  const tests: TestDef[] = []
  for (const tree of trees) {
    const name = entryOf(tree, 'name')?.value
    if (name?.kind === 'scalar' && typeof name.value === 'string') {
      const earlier = places.claim(name.value, name)
      if (earlier !== undefined) reportTwice(`the test ${name.value}`, name, earlier, names.issues)
    }
    const test = buildTest(tree, ruleIds, names)
    if (test !== undefined) tests.push(test)
  }
  return tests
}

function buildTest(tree: Tree, ruleIds: ReadonlySet<string>, names: Names): TestDef | undefined {
  const shape = checkShape(testSchema, tree, names.issues)
  const startMs = parseEventTime(shape?.start ?? defaultStart)
  if (startMs === undefined) reportTime(entryOf(tree, 'start')!.value, String(shape?.start), names)
  const eventTrees = itemsOf(tree, 'events')
  const events = eventTrees.map((item) => buildEvent(item, startMs ?? 0, names))
  const expect = itemsOf(tree, 'expect').map((item) => {
    const each = checkShape(expectationSchema, item, names.issues)
    if (each === undefined) return undefined
    checkExpectation(each, item, { ruleIds, count: eventTrees.length }, names)
    return expectation(each, item)
  })
  if (shape === undefined) return undefined
  return {
    name: shape.name,
    events: events.filter((event) => event !== undefined),
    expect: expect.filter((each) => each !== undefined),
    source: sourceOf(tree),
  }
}

function itemsOf(tree: Tree, key: string): readonly Tree[] {
  const list = entryOf(tree, key)?.value
  return list?.kind === 'list' ? list.items : []
}

function reportTime(place: Tree, found: string, names: Names): void {
  const hint = `write a duration since the start (8m), or a time with an offset (${formatEventTime(0)})`
  names.issues.error(place, 'bad-time', `${found} is no time`, hint)
}

const own = ['t', 'key', 'id']
const controlTypes = ['tick', 'list']

function buildEvent(tree: Tree, startMs: number, names: Names): TestEvent | undefined {
  const { issues } = names
  if (checkShape(testEventSchema, tree, issues) === undefined || tree.kind !== 'map') return undefined
  const types = [...tree.entries.keys()].filter((key) => !own.includes(key))
  const [type] = types
  if (type === undefined || types.length > 1) {
    const message = type === undefined ? 'the event has no type' : `the event has several types: ${types.join(', ')}`
    const place = type === undefined ? tree : tree.entries.get(types[1]!)!.key
    issues.error(place, 'test-event', message, 'write it as {t: 0m, key: k, card.authorised: {amount: 10.0}}')
    return undefined
  }
  const kind = kindOf(type, names)
  const { key: place, value: payloadTree } = tree.entries.get(type)!
  if (kind === undefined) {
    const known = [...names.events.keys(), ...dataTypes(names), ...controlTypes]
    issues.error(place, 'unknown-event', `there is no event or data type ${type}`, suggestion(type, known, 'types'))
    return undefined
  }
  const [key, id, t] = own
    .slice(1)
    .concat('t')
    .map((name) => textAt(tree, name))
  if (key === undefined && kind !== 'control') {
    issues.error(tree, 'missing-key', 'key is missing', 'add key: the record key, such as the customer id')
    return undefined
  }
  const timeMs = timeOf(t ?? '', startMs)
  if (timeMs === undefined) {
    reportTime(entryOf(tree, 't')?.value ?? tree, t ?? '', names)
    return undefined
  }
  const payload = plain(payloadTree) as Record<string, unknown>
  return {
    timeMs,
    kind,
    type,
    payload: kind === 'data' ? envelope(payload) : payload,
    source: sourceOf(tree),
    ...(key === undefined ? {} : { key }),
    ...(id === undefined ? {} : { id }),
  }
}

function textAt(tree: Tree, key: string): string | undefined {
  const value = entryOf(tree, key)?.value
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
}

function timeOf(text: string, startMs: number): number | undefined {
  const sinceMs = parseDuration(text)
  return sinceMs === undefined ? parseEventTime(text) : startMs + sinceMs
}

const dataTypes = (names: Names): string[] => [...sound(names.tables).values()].map(({ from }) => from)

function kindOf(type: string, names: Names): TestEvent['kind'] | undefined {
  if (names.events.has(type)) return 'business'
  if (dataTypes(names).includes(type)) return 'data'
  if (controlTypes.includes(type)) return 'control'
  // A table with a problem may be the one that the row belongs to.
  return [...names.tables.values()].includes('broken') ? 'data' : undefined
}

/** A row may be written alone: it is then the row after an update. */
function envelope(payload: Record<string, unknown>): Record<string, unknown> {
  const isEnvelope = typeof payload['op'] === 'string' && ('after' in payload || 'before' in payload)
  return isEnvelope ? payload : { op: 'u', before: null, after: payload }
}

function checkExpectation(
  { event, trailing, feature, rules }: ExpectationShape,
  tree: Tree,
  { ruleIds, count }: { ruleIds: ReadonlySet<string>; count: number },
  names: Names,
): void {
  if (event > count) {
    const hint = `the test has ${count} ${count === 1 ? 'event' : 'events'}, counted from 1`
    names.issues.error(entryOf(tree, 'event')?.value ?? tree, 'test-event', `there is no event ${event}`, hint)
  }
  const list = entryOf(tree, 'rules')?.value
  for (const [index, id] of (rules ?? []).entries()) {
    if (ruleIds.has(id)) continue
    const place = list?.kind === 'list' ? list.items[index]! : tree
    names.issues.error(place, 'unknown-rule', `there is no rule ${id}`, suggestion(id, ruleIds, 'rules'))
  }
  if (feature !== undefined && !names.events.has(`feature.${feature}`)) {
    const known = [...sound(names.features).values()].filter(({ scope }) => scope === 'global').map(({ name }) => name)
    const place = entryOf(tree, 'feature')?.value ?? tree
    const hint = suggestion(feature, known, 'global features')
    names.issues.error(place, 'test-event', `there is no global feature ${feature}`, hint)
  }
  if (trailing === undefined || ruleIds.has(trailing)) return
  const place = entryOf(tree, 'trailing')?.value ?? tree
  names.issues.error(place, 'unknown-rule', `there is no rule ${trailing}`, suggestion(trailing, ruleIds, 'rules'))
}

function expectation(shape: ExpectationShape, tree: Tree): TestExpectation {
  const { event, decided, ...rest } = shape
  const compared = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { event, decided: decided ?? true, source: sourceOf(tree), ...Object.fromEntries(compared) }
}
