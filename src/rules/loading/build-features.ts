import type { Expression } from '../expression.ts'
import type { Aggregate, EventDef, FeatureDef, Window } from '../rule-set.ts'
import { type FeatureShape, featureSchema } from '../schema.ts'
import { emitScope } from '../scope.ts'
import type { FieldType, ValueType } from '../value-type.ts'
import { durationMs } from './build-options.ts'
import { checkName } from './build-tables.ts'
import { sourceOf } from './issues.ts'
import { eventNamed, expressionAt, type Known, type Names, sound } from './names.ts'
import { eventScope, keyTypes } from './scopes.ts'
import type { Named } from './sections.ts'
import { checkShape } from './shape.ts'
import { entryOf, type Tree } from './tree.ts'

/** Builds features, and the events that global ones write. */
export function buildFeatures(features: readonly Named[], names: Names): void {
  for (const feature of features) names.features.set(feature.name, buildFeature(feature, names))
  for (const feature of sound(names.features).values()) {
    if (feature.scope === 'global') names.events.set(`feature.${feature.name}`, resultEvent(feature))
  }
}

const numeric: readonly Aggregate[] = ['sum', 'avg', 'min', 'max', 'stddev']
/** Those whose result says what a value was. */
const telling: readonly Aggregate[] = ['sum', 'avg', 'min', 'max', 'first', 'last']

function buildFeature(named: Named, names: Names): Known<FeatureDef> {
  const { name, key, value: tree } = named
  const shape = checkShape(featureSchema, tree, names.issues)
  const goodName = checkName(named, names, 'feature', 'f')
  const window = shape === undefined ? undefined : buildWindow(shape, named, names)
  const sense = shape === undefined ? false : checkSense(shape, named, names)
  const event = checkSource(tree, names) ? eventNamed(entryOf(tree, 'event')?.value, names, 'a feature') : undefined
  if (event === undefined) return 'broken'
  const parts = partsOf(tree, event, shape?.agg, names)
  if (shape === undefined || !goodName || window === undefined || !sense || !isWhole(shape, parts)) return 'broken'
  const { value } = parts
  return {
    name,
    event: event.type,
    agg: shape.agg,
    window,
    include: shape.include ?? 'current',
    scope: shape.scope ?? 'key',
    type: typeOf(shape.agg, value),
    pii: value?.pii === true && telling.includes(shape.agg),
    source: sourceOf(key),
    ...present(parts),
  }
}

function checkSource(tree: Tree, names: Names): boolean {
  const event = entryOf(tree, 'event')?.value
  if (event?.kind !== 'scalar' || !String(event.value).startsWith('feature.')) return true
  const hint = 'name an event type of the section events'
  names.issues.error(event, 'feature-global', "a feature cannot be made of another feature's results", hint)
  return false
}

const typeOf = (agg: Aggregate | undefined, value: Expression | undefined): ValueType =>
  (agg === 'first' || agg === 'last') && value !== undefined ? value.type : 'double'

function partsOf(tree: Tree, event: EventDef, agg: Aggregate | undefined, names: Names): Parts {
  const scope = eventScope(event, names, 'a feature')
  const at = (part: string) => entryOf(tree, part)?.value
  const isNumeric = agg !== undefined && numeric.includes(agg)
  const where = expressionAt<boolean>(at('where'), scope, ['bool'], names)
  const value = expressionAt(at('value'), scope, isNumeric ? ['double'] : keyTypes, names)
  const by = expressionAt(at('by'), scope, keyTypes, names)
  const results = emitScope({ value: typeOf(agg, value), by: by?.type ?? 'string' })
  // Without its by or value, what emit reads has no type yet.
  const typed = (at('by') === undefined) === (by === undefined) && (at('value') === undefined) === (value === undefined)
  const emit =
    typed && !asksList(at('emit'), names) ? expressionAt<boolean>(at('emit'), results, ['bool'], names) : undefined
  return { where, value, by, emit }
}

/** The task that keeps a global feature sees its contributions and nothing else. */
function asksList(emit: Tree | undefined, { issues }: Names): boolean {
  if (emit?.kind !== 'scalar' || !/\binList\s*\(/.test(String(emit.value))) return false
  const hint = "ask for the list in the feature's where, or in a rule on its results"
  issues.error(emit, 'feature-global', 'emit cannot ask for a list: it reads value, by and key', hint)
  return true
}

interface Parts {
  readonly where: Expression<boolean> | undefined
  readonly value: Expression | undefined
  readonly by: Expression | undefined
  readonly emit: Expression<boolean> | undefined
}

/** True when every expression that is written has compiled. */
const isWhole = (shape: FeatureShape, parts: Parts): boolean =>
  (['where', 'value', 'by', 'emit'] as const).every((part) => shape[part] === undefined || parts[part] !== undefined)

function present({ where, value, by, emit }: Parts): Pick<FeatureDef, 'where' | 'value' | 'by' | 'emit'> {
  return {
    ...(where === undefined ? {} : { where }),
    ...(value === undefined ? {} : { value }),
    ...(by === undefined ? {} : { by }),
    ...(emit === undefined ? {} : { emit }),
  }
}

function checkSense(shape: FeatureShape, { key, value: tree }: Named, names: Names): boolean {
  const { issues } = names
  const place = (part: string) => entryOf(tree, part)?.key ?? key
  let sense = true
  const object = (at: string, ...report: ['feature-value' | 'feature-by' | 'feature-global', string, string]) => {
    issues.error(place(at), ...report)
    sense = false
  }
  if (shape.agg === 'count' && shape.value !== undefined) {
    object('value', 'feature-value', 'count counts events and takes no value', 'remove value, or put it into where')
  }
  if (shape.agg !== 'count' && shape.value === undefined) {
    object('agg', 'feature-value', `${shape.agg} needs a value`, 'add value: an expression such as e.amount')
  }
  if (shape.scope === 'global' && shape.by === undefined) {
    object('scope', 'feature-by', 'a global feature needs by: it alone is the key', 'add by: such as e.deviceId')
  }
  if (shape.emit !== undefined && shape.scope !== 'global') {
    object('emit', 'feature-global', 'only a global feature emits results', 'remove emit, or add scope: global')
  }
  return sense
}

function buildWindow({ window }: FeatureShape, { key, value: tree }: Named, names: Names): Window | undefined {
  if (typeof window === 'string') return { fromMs: durationMs(window)!, toMs: 0 }
  const [fromMs, toMs] = [durationMs(window.from)!, durationMs(window.to) ?? 0]
  if (fromMs >= toMs) return { fromMs, toMs }
  const place = entryOf(tree, 'window')?.value ?? key
  const hint = 'from is the far end: write it as {from: 31d, to: 1d}'
  names.issues.error(place, 'window-order', 'the window ends before it begins', hint)
  return undefined
}

const fieldOf = (type: ValueType, pii: boolean): FieldType => ({
  kind: type === 'double' || type === 'bool' || type === 'geo' ? type : 'string',
  pii,
})

function resultEvent(feature: FeatureDef): EventDef {
  const fields = new Map([
    ['value', fieldOf(feature.type, feature.pii)],
    ['by', fieldOf(feature.by?.type ?? 'string', feature.by?.pii === true)],
    ['cause', fieldOf('string', false)],
  ])
  return { type: `feature.${feature.name}`, dedupe: true, fields, feature: feature.name, source: feature.source }
}
