import type { Expression } from '../expression.ts'
import type { EventDef, SequenceRule, Step } from '../rule-set.ts'
import { namedStepSchema, notStepSchema, type SequenceRuleShape, stepName } from '../schema.ts'
import type { DeclaredScope } from '../scope.ts'
import { durationMs } from './build-options.ts'
import { sourceOf } from './issues.ts'
import { eventNamed, expressionAt, FirstPlaces, type Names } from './names.ts'
import { eventScope, keyTypes, readsOn, type StepNames, sequenceReasonScope, stepScope } from './scopes.ts'
import { reportTwice } from './sections.ts'
import { checkShape } from './shape.ts'
import { type Entry, entryOf, type Tree } from './tree.ts'

export interface BuiltSequence {
  /** Undefined when there is a problem. */
  readonly parts: Pick<SequenceRule, 'by' | 'withinMs' | 'anyOrder' | 'maxCandidates' | 'steps'> | undefined
  /** What `then.reason` may read, as far as the steps are known. */
  readonly reasonScope: DeclaredScope
}

/** A step as it is written, with its event type looked up. */
interface Draft {
  readonly tree: Tree
  readonly kind: 'event' | 'not'
  /** Empty for `not`. */
  readonly name: string
  readonly event: EventDef | undefined
  readonly where: Tree | undefined
  readonly forMs: number | undefined
  readonly forKey: Entry['key'] | undefined
}

/** `shape` is undefined when the rule has problems of its own: the steps are checked all the same. */
export function buildSequence(shape: SequenceRuleShape | undefined, rule: Tree, names: Names): BuiltSequence {
  const tree = entryOf(rule, 'sequence')!.value
  const stepTrees = entryOf(tree, 'steps')?.value
  const drafts = stepTrees?.kind === 'list' ? stepTrees.items.map((step) => draftOf(step, names)) : []
  const known = drafts.filter((draft) => draft !== undefined)
  const named: StepNames[] = known.filter(({ kind }) => kind === 'event')
  const flags = shape === undefined ? undefined : flagsOf(shape, rule, names)
  const withinMs = durationMs(shape?.sequence.within) ?? Number.MAX_SAFE_INTEGER
  const namesFit = checkNames(known, names)
  const notsFit = checkNots(known, { withinMs, anyOrder: flags?.anyOrder === true }, tree, names)
  const by = byOf(tree, known, names)
  const steps = known.map((draft, index) => stepOf(draft, index, known, named, names))
  const reasonScope = sequenceReasonScope(named, names)
  const whole = steps.every((step) => step !== undefined) && known.length === drafts.length
  if (!namesFit || !notsFit || !whole || by === 'broken' || flags === undefined)
    return { parts: undefined, reasonScope }
  const parts = { withinMs, ...flags, steps, ...(by === undefined ? {} : { by }) }
  return { parts, reasonScope }
}

function draftOf(tree: Tree, names: Names): Draft | undefined {
  const not = entryOf(tree, 'not')
  if (not !== undefined) {
    const shape = checkShape(notStepSchema, tree, names.issues)
    if (shape === undefined) return undefined
    return {
      tree,
      kind: 'not',
      name: '',
      event: eventNamed(not.value, names, 'a step'),
      where: entryOf(tree, 'where')?.value,
      forMs: durationMs(shape.for),
      forKey: entryOf(tree, 'for')?.key,
    }
  }
  if (checkShape(namedStepSchema, tree, names.issues) === undefined || tree.kind !== 'map') return undefined
  const keys = [...tree.entries.keys()].filter((key) => key !== 'where')
  const [name] = keys
  if (keys.includes('for')) {
    const hint = 'for says how long there must be no event: write not: TYPE'
    names.issues.error(entryOf(tree, 'for')!.key, 'step-shape', 'for belongs to a not step', hint)
  } else if (name === undefined || keys.length > 1) {
    const message = name === undefined ? 'the step has no event' : `the step has several names: ${keys.join(', ')}`
    const place = name === undefined ? tree : entryOf(tree, keys[1]!)!.key
    names.issues.error(place, 'step-shape', message, 'write it as - a: card.authorised, with a where below it')
  }
  if (name === undefined) return undefined
  const isOne = keys.length === 1
  return {
    tree,
    kind: 'event',
    name,
    // Of a step with a problem the name stays, so that conditions on it are not reported too.
    event: isOne ? eventNamed(entryOf(tree, name)?.value, names, 'a step') : undefined,
    where: entryOf(tree, 'where')?.value,
    forMs: undefined,
    forKey: undefined,
  }
}

/** What CEL keeps for itself cannot be read as a name. */
const celWords = new Set(
  'as break const continue else false for function if import in let loop namespace null package prototype return true var void while'.split(
    ' ',
  ),
)
const taken = new Set(['e', 'f', 't', 'key'])

function checkNames(drafts: readonly Draft[], names: Names): boolean {
  const places = new FirstPlaces()
  let sense = true
  for (const { kind, name, tree } of drafts) {
    if (kind === 'not') continue
    const place = entryOf(tree, name)?.key ?? tree
    const earlier = places.claim(name, place)
    const wrong = !stepName.safeParse(name).success || celWords.has(name) || name === 'constructor'
    if (earlier !== undefined) reportTwice(`the step ${name}`, place, earlier, names.issues)
    else if (taken.has(name)) {
      const message = `a step cannot be called ${name}, which means something in conditions`
      names.issues.error(place, 'step-name', message, 'choose another name')
    } else if (wrong) {
      const hint = 'use letters, digits and _, and no word of the expression language'
      names.issues.error(place, 'step-name', `a step cannot be called ${name}`, hint)
    } else continue
    sense = false
  }
  return sense
}

function checkNots(
  drafts: readonly Draft[],
  { withinMs, anyOrder }: { withinMs: number; anyOrder: boolean },
  sequence: Tree,
  names: Names,
): boolean {
  let sense = true
  const object = (
    place: Tree | Entry['key'],
    ...report: ['not-first' | 'not-last' | 'not-any-order' | 'for-too-long', string, string]
  ) => {
    names.issues.error(place, ...report)
    sense = false
  }
  const lastNamed = drafts.findLastIndex(({ kind }) => kind === 'event')
  for (const [index, { kind, tree, forMs, forKey }] of drafts.entries()) {
    if (kind !== 'not') continue
    if (anyOrder) object(tree, 'not-any-order', 'not has no place among steps in any order', 'remove not, or anyOrder')
    else if (index === 0)
      object(tree, 'not-first', 'not cannot be the first step', 'begin with the event after which it must not be')
    else if (index > lastNamed && forMs === undefined) {
      object(tree, 'not-last', 'a not after the last event needs for: how long to wait', 'add for: 10m')
    }
    if (forMs !== undefined && forMs > withinMs) {
      const hint = `make it at most ${String(plainWithin(sequence))}, or within longer`
      object(forKey ?? tree, 'for-too-long', 'for is longer than within', hint)
    }
  }
  return sense
}

function plainWithin(sequence: Tree): unknown {
  const within = entryOf(sequence, 'within')?.value
  return within?.kind === 'scalar' ? within.value : undefined
}

function byOf(tree: Tree, drafts: readonly Draft[], names: Names): Expression | undefined | 'broken' {
  const byTree = entryOf(tree, 'by')?.value
  const events = drafts.flatMap(({ event }) => (event === undefined ? [] : [event]))
  const [first] = events
  if (byTree === undefined) return undefined
  if (first === undefined) return 'broken'
  const by = expressionAt(byTree, eventScope(first, names, 'by'), keyTypes, names)
  if (by === undefined) return 'broken'
  if (by.lists.length > 0) {
    const hint = 'ask it in the where of a step'
    names.issues.error(byTree, 'sequence-by', `by asks the list ${by.lists[0]}, which control records change`, hint)
    return 'broken'
  }
  const odd = events.find((event) => !readsOn(by.text, by.type, event, names))
  if (odd === undefined) return by
  const hint = `declare what it reads as fields of ${odd.type}, with the same types, or leave out by`
  names.issues.error(
    byTree,
    'sequence-by',
    `by is evaluated on each step's event, and ${odd.type} does not have ${by.text}`,
    hint,
  )
  return 'broken'
}

function stepOf(
  { tree, kind, name, event, where: whereTree, forMs }: Draft,
  index: number,
  drafts: readonly Draft[],
  named: readonly StepNames[],
  names: Names,
): Step | undefined {
  if (event === undefined) return undefined
  // A named step reads its own name too; a not step those before it.
  const before = drafts.slice(0, index).filter((draft) => draft.kind === 'event').length
  const scope = stepScope(event, named, kind === 'event' ? before + 1 : before, names)
  const where = expressionAt<boolean>(whereTree, scope, ['bool'], names)
  if (whereTree !== undefined && where === undefined) return undefined
  const parts = { event: event.type, source: sourceOf(tree), ...(where === undefined ? {} : { where }) }
  if (kind === 'event') return { kind, name, ...parts }
  return { kind, ...parts, ...(forMs === undefined ? {} : { forMs }) }
}

function flagsOf(
  shape: SequenceRuleShape,
  rule: Tree,
  names: Names,
): { anyOrder: boolean; maxCandidates: number } | undefined {
  for (const flag of ['anyOrder', 'maxCandidates'] as const) {
    if (shape[flag] === undefined || shape.sequence[flag] === undefined) continue
    const earlier = entryOf(entryOf(rule, 'sequence')!.value, flag)!.key
    reportTwice(flag, entryOf(rule, flag)!.key, earlier, names.issues)
    return undefined
  }
  return {
    anyOrder: shape.sequence.anyOrder ?? shape.anyOrder ?? false,
    maxCandidates: shape.sequence.maxCandidates ?? shape.maxCandidates ?? 1_000,
  }
}
